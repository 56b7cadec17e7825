// Shapes, parts of arrays and indices.
#pragma once

#include "bind.h"

namespace ffc {

inline Tensor box(const Tensor& x, const Longs& from, const Longs& to, const Longs& step) {
  Tensor part = x;
  for (size_t dim = 0; dim < from.size(); dim++) {
    part = part.slice(static_cast<int64_t>(dim), from[dim], to[dim], step[dim]);
  }
  return part;
}

// An end of a slice is left open by its bit in `open`.
inline at::indexing::Slice sliceOf(int64_t from, int64_t to, int64_t step, jint open) {
  constexpr jint kOpenEnd = 1, kOpenStart = 2;
  std::optional<c10::SymInt> first, end;
  if ((open & kOpenStart) == 0) {
    first = c10::SymInt(from);
  }
  if ((open & kOpenEnd) == 0) {
    end = c10::SymInt(to);
  }
  return at::indexing::Slice(first, end, c10::SymInt(step));
}

inline std::vector<Method> shapeMethods() {
  return {
      method<[](const Tensor& x, Longs shape) { return x.reshape(shape); }>("torchReshape"),
      method<[](const Tensor& x, Longs shape) { return x.expand(shape); }>("torchExpand"),
      method<[](const Tensor& x, Longs dims) { return x.permute(dims); }>("torchPermute"),
      method<[](const Tensor& x, Longs dims) { return x.flip(dims); }>("torchFlip"),
      method<[](const Tensor& x, int64_t times, Longs dims) { return x.rot90(times, dims); }>(
          "torchRot90"),
      method<[](const Tensor& x, int64_t a, int64_t b) { return x.transpose(a, b); }>(
          "torchTranspose"),
      method<[](const Tensor& x, int64_t from, int64_t to) { return x.flatten(from, to); }>(
          "torchFlatten"),
      method<[](const Tensor& x, int64_t dim) { return x.unsqueeze(dim); }>("torchUnsqueeze"),
      method<[](const Tensor& x) { return x.squeeze(); }>("torchSqueeze"),
      method<[](const Tensor& x, int64_t dim) { return x.squeeze(dim); }>("torchSqueeze"),
      method<[](const Tensor& x, Longs times) { return x.repeat(times); }>("torchRepeat"),
      method<[](const Tensor& x, int64_t times, int64_t dim) {
        return x.repeat_interleave(times, dim);
      }>("torchRepeatInterleave"),
      method<[](const Tensor& x, Longs margins, double value) {
        return at::constant_pad_nd(x, margins, value);
      }>("torchPad"),
      method<[](std::vector<Tensor> xs, int64_t dim) { return at::stack(xs, dim); }>("torchStack"),
      method<[](std::vector<Tensor> xs, int64_t dim) { return at::cat(xs, dim); }>("torchCat"),
      method<[](const Tensor& x, int64_t size, int64_t dim) { return x.split(size, dim); }>(
          "torchSplit"),
      method<[](const Tensor& x, Longs sizes, int64_t dim) {
        return x.split_with_sizes(sizes, dim);
      }>("torchSplit"),
      method<[](const Tensor& x, int64_t offset, int64_t a, int64_t b) {
        return x.diagonal(offset, a, b);
      }>("torchDiagonal"),
  };
}

inline std::vector<Method> partMethods() {
  return {
      method<[](const Tensor& x, int64_t dim, int64_t from, int64_t to, int64_t step) {
        return x.slice(dim, from, to, step);
      }>("torchSlice"),
      method<[](const Tensor& x, int64_t place) { return x.select(0, place); }>("torchGetItem"),
      method<[](const Tensor& x, Longs places) {
        Tensor part = x;
        for (int64_t place : places) {
          part = part.select(0, place);
        }
        return part;
      }>("torchGetItem"),
      method<[](const Tensor& x, Longs from, Longs to, Longs step) {
        return box(x, from, to, step);
      }>("torchIndex"),
      method<[](Tensor& x, const Tensor& values, Longs from, Longs to, Longs step) {
        box(x, from, to, step).copy_(values);
      }>("torchIndexPut"),
      method<[](const Tensor& x, const Tensor& places, int64_t dim, bool sparse) {
        return x.gather(dim, places, sparse);
      }>("torchGather"),
      method<[](const Tensor& x, const Tensor& places, const Tensor& values, jint dim) {
        return x.scatter(dim, places, values);
      }>("torchScatter"),
      method<[](const Tensor& x, const Tensor& places) { return x.take(places); }>("torchTake"),
      method<[](const Tensor& x, const Tensor& places, const Tensor& values) {
        return x.put(places, values);
      }>("torchPut"),
      method<[](const Tensor& x, const Tensor& mask) { return x.masked_select(mask); }>(
          "torchMaskedSelect"),
      method<[](Tensor& x, const Tensor& values, const Tensor& mask) {
        x.index_put_({mask}, values);
      }>("torchMaskedPut"),

      method<[](jint size) {
        Index index;
        index.reserve(size);
        return index;
      }>("torchIndexInit"),
      method<[](Index* index) { delete index; }>("torchDeleteIndex"),
      method<[](Index& index, bool ellipsis) {
        if (ellipsis) {
          index.emplace_back(at::indexing::Ellipsis);
        } else {
          index.emplace_back(at::indexing::None);
        }
      }>("torchIndexAppendNoneEllipsis"),
      method<[](Index& index, int64_t from, int64_t to, int64_t step, jint open) {
        index.emplace_back(sliceOf(from, to, step, open));
      }>("torchIndexAppendSlice"),
      method<[](Index& index, int64_t place) { index.emplace_back(place); }>(
          "torchIndexAppendFixed"),
      method<[](Index& index, const Tensor& places) { index.emplace_back(places); }>(
          "torchIndexAppendArray"),
      method<[](const Tensor& x, Index& index) { return x.index(index); }>("torchIndexAdvGet"),
      method<[](Tensor& x, Index& index, const Tensor& values) { x.index_put_(index, values); }>(
          "torchIndexAdvPut"),
  };
}

}  // namespace ffc
