#!/usr/bin/env python3
"""Reads an exported safetensors file with nothing of ours and computes a decoder's logits with PyTorch.

usage: logits.py WEIGHTS.safetensors MODEL.json TOKENS.json OUT.json

MODEL.json holds layers, heads, kv_heads, block, mlp, position, site, eps; TOKENS.json a list of token numbers; OUT.json receives
the logits as a list of T lists. Written from the published formulas: RoPE by halves as in LLaMA, DyT from arXiv 2503.10622.
"""
import json
import math
import struct
import sys

import torch
import torch.nn.functional as F


def read_safetensors(path):
    """The format: u64 little-endian header length, JSON header, then the raw bytes."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack_from("<Q", data, 0)
    header = json.loads(data[8 : 8 + length])
    body = 8 + length
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        assert entry["dtype"] == "F32", name
        start, end = entry["data_offsets"]
        flat = torch.frombuffer(bytearray(data[body + start : body + end]), dtype=torch.float32)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


def site(w, prefix, kind, eps, x):
    gain, offset = w.get(prefix + ".weight"), w.get(prefix + ".bias")
    if kind == "none":
        return x
    if kind == "layernorm":
        return F.layer_norm(x, x.shape[-1:], gain, offset, eps)
    if kind == "rmsnorm":
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * gain
    if kind == "dyt":
        y = torch.tanh(w[prefix + ".alpha"] * x)
    elif kind == "derf":
        y = torch.erf(w[prefix + ".alpha"] * x + w[prefix + ".shift"])
    elif kind == "dyisru":
        y = math.sqrt(x.shape[-1]) * x / torch.sqrt(w[prefix + ".b"] + x * x)
    else:
        raise ValueError(kind)
    y = gain * y
    return y if offset is None else y + offset


def linear(w, name, x):
    return F.linear(x, w[name + ".weight"], w.get(name + ".bias"))


def rope(x):
    """x: [heads, T, width]"""
    heads, length, width = x.shape
    inverse = 10000.0 ** (-torch.arange(0, width, 2, dtype=torch.float32) / width)
    angle = torch.outer(torch.arange(length, dtype=torch.float32), inverse)
    cos, sin = angle.cos(), angle.sin()
    a, b = x[..., : width // 2], x[..., width // 2 :]
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1)


def logits(w, m, tokens):
    ids = torch.tensor(tokens)
    length = len(tokens)
    x = w["model.embed_tokens.weight"][ids]
    if "model.embed_scale" in w:
        x = x * w["model.embed_scale"]
    if m["position"] == "learned":
        x = x + w["model.embed_positions.weight"][:length]
    elif m["position"] not in ("rope", "none", "alibi"):
        raise ValueError(m["position"])
    mask = torch.full((length, length), float("-inf")).triu(1)
    if m["position"] == "alibi":
        distance = torch.arange(length)[:, None] - torch.arange(length)[None, :]
        slopes = torch.tensor([2.0 ** (-8.0 * (h + 1) / m["heads"]) for h in range(m["heads"])])
        mask = mask - slopes[:, None, None] * distance.clamp(min=0)
    width = x.shape[-1] // m["heads"]
    for layer in range(m["layers"]):
        p = f"model.layers.{layer}"
        y = site(w, p + ".input_layernorm", m["site"], m["eps"], x)
        q, k, v = (
            linear(w, f"{p}.self_attn.{n}_proj", y).reshape(length, -1, width).transpose(0, 1) for n in "qkv"
        )
        if m["position"] == "rope":
            q, k = rope(q), rope(k)
        groups = m["heads"] // m["kv_heads"]
        k, v = k.repeat_interleave(groups, 0), v.repeat_interleave(groups, 0)
        scores = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(width) + mask, dim=-1)
        x = x + linear(w, p + ".self_attn.o_proj", (scores @ v).transpose(0, 1).reshape(length, -1))
        y = site(w, p + ".post_attention_layernorm", m["site"], m["eps"], x)
        if m["mlp"] == "swiglu":
            y = F.silu(linear(w, p + ".mlp.gate_proj", y)) * linear(w, p + ".mlp.up_proj", y)
        else:
            y = F.gelu(linear(w, p + ".mlp.up_proj", y))
        x = x + linear(w, p + ".mlp.down_proj", y)
    x = site(w, "model.norm", m["site"], m["eps"], x)
    return F.linear(x, w.get("lm_head.weight", w["model.embed_tokens.weight"]))


def main():
    weights, model, tokens, out = sys.argv[1:5]
    with torch.no_grad(), open(model) as m, open(tokens) as t, open(out, "w") as o:
        json.dump(logits(read_safetensors(weights), json.load(m), json.load(t)).tolist(), o)


if __name__ == "__main__":
    main()
