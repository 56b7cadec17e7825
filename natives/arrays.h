// Arrays: what they are, made, moved and freed; the state of the process.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "bind.h"

namespace ffc {

inline at::TensorOptions options(at::ScalarType type, at::Device device, bool gradient) {
  return at::TensorOptions().dtype(type).device(device).requires_grad(gradient);
}

inline void* address(JNIEnv* env, ByteBuffer buffer) {
  void* data = env->GetDirectBufferAddress(buffer.object);
  TORCH_CHECK(data != nullptr, "the buffer is not a direct one");
  return data;
}

inline void showConfig(JNIEnv* env, SetOfStrings set) {
  jmethodID add = env->GetMethodID(env->GetObjectClass(set.object), "add", "(Ljava/lang/Object;)Z");
  auto feature = [&](bool there, const char* name) {
    if (there) {
      env->CallBooleanMethod(set.object, add, env->NewStringUTF(name));
    }
  };
  feature(at::globalContext().hasCUDA(), "CUDA");
  feature(at::globalContext().hasCuDNN(), "CUDNN");
  feature(at::hasMKL(), "MKL");
  feature(at::hasMKLDNN(), "MKLDNN");
  feature(at::hasOpenMP(), "OPENMP");
}

// The caller may change its buffer afterwards, unless the array is on the CPU: there it is the
// buffer.
inline Tensor fromBuffer(JNIEnv* env, ByteBuffer buffer, Longs shape, at::ScalarType type, jint,
                         at::Device device, bool gradient) {
  Tensor host = at::from_blob(address(env, buffer), shape, at::TensorOptions().dtype(type));
  Tensor made = host;
  if (!device.is_cpu()) {
    // A single number is filled in on the device, behind what it has to do before. A copy waits.
    made = host.numel() == 1 ? at::full(host.sizes(), host.item(), host.options().device(device))
                             : host.to(device);
  }
  return gradient ? made.set_requires_grad(true) : made;
}

inline jbyteArray bytes(JNIEnv* env, const Tensor& x) {
  Tensor dense = x.cpu().contiguous();
  TORCH_CHECK(dense.nbytes() <= static_cast<size_t>(std::numeric_limits<jsize>::max()),
              "an array of ", dense.nbytes(), " bytes does not fit into one of Java");
  auto size = static_cast<jsize>(dense.nbytes());
  jbyteArray array = env->NewByteArray(size);
  if (array != nullptr) {
    env->SetByteArrayRegion(array, 0, size, static_cast<const jbyte*>(dense.data_ptr()));
  }
  return array;
}

// Numbers of SparseFormat.
inline jint layout(const Tensor& x) {
  switch (x.layout()) {
    case at::kStrided:
      return 0;
    case at::kSparse:
      return 1;
    case at::kMkldnn:
      return 2;
    default:
      return 3;
  }
}

// Whether f32 convolutions and products on GPUs may round to TF32. By PyTorch's default the former
// do and the latter do not.
inline void allowTf32(bool allowed) {
  at::globalContext().setAllowTF32CuDNN(allowed);
  at::globalContext().setAllowTF32CuBLAS(allowed);
}

inline bool allowsTf32() {
  return at::globalContext().allowTF32CuDNN() && at::globalContext().allowTF32CuBLAS();
}

inline std::vector<Method> processMethods() {
  return {
      method<[] { return at::GradMode::is_enabled(); }>("torchIsGradMode"),
      method<[](bool on) { at::GradMode::set_enabled(on); }>("torchSetGradMode"),
      method<[] { return static_cast<jint>(at::get_num_interop_threads()); }>(
          "torchGetNumInteropThreads"),
      method<[] { return static_cast<jint>(at::get_num_threads()); }>("torchGetNumThreads"),
      method<[](jint n) { at::set_num_interop_threads(n); }>("torchSetNumInteropThreads"),
      method<[](jint n) { at::set_num_threads(n); }>("torchSetNumThreads"),
      method<[](bool on) { at::globalContext().setBenchmarkCuDNN(on); }>("torchSetBenchmarkCuDNN"),
      method<[](int64_t seed) { at::manual_seed(seed); }>("torchManualSeed"),
      method<showConfig>("torchShowConfig"),
  };
}

inline std::vector<Method> arrayMethods() {
  using at::Device;
  using at::ScalarType;
  return {
      method<[](const Tensor& x) { return x.sizes().vec(); }>("torchSizes"),
      method<[](const Tensor& x) { return x.scalar_type(); }>("torchDType"),
      method<[](const Tensor& x) { return x.device(); }>("torchDevice"),
      method<layout>("torchLayout"),
      method<[](const Tensor& x) { return x.is_contiguous(); }>("torchIsContiguous"),
      method<[](const Tensor& x) { return x.requires_grad(); }>("torchRequiresGrad"),
      method<[](const Tensor& x, const Tensor& y) { return x.equal(y); }>("contentEqual"),
      method<bytes>("torchDataPtr"),
      method<[](JNIEnv* env, const Tensor& x) {
        return ByteBuffer{env->NewDirectByteBuffer(x.data_ptr(), static_cast<jlong>(x.nbytes()))};
      }>("torchDirectByteBuffer"),

      method<[](Tensor* x) { delete x; }>("torchDeleteTensor"),
      method<fromBuffer>("torchFromBlob"),
      method<[](JNIEnv* env, Tensor& x, ByteBuffer buffer) {
        at::NoGradGuard guard;
        x.copy_(at::from_blob(address(env, buffer), x.sizes(),
                              at::TensorOptions().dtype(x.scalar_type())));
      }>("torchSet"),
      method<[](Longs shape, ScalarType type, jint, Device device, bool gradient) {
        return at::empty(shape, options(type, device, gradient));
      }>("torchEmpty"),
      method<[](Longs shape, ScalarType type, jint, Device device, bool gradient) {
        return at::zeros(shape, options(type, device, gradient));
      }>("torchZeros"),
      method<[](Longs shape, ScalarType type, jint, Device device, bool gradient) {
        return at::ones(shape, options(type, device, gradient));
      }>("torchOnes"),
      method<[](Longs shape, double value, ScalarType type, jint, Device device, bool gradient) {
        return at::full(shape, value, options(type, device, gradient));
      }>("torchFull"),
      method<[](const Tensor& x, ScalarType type, jint, Device device, bool gradient) {
        return at::zeros_like(x, options(type, device, gradient));
      }>("torchZerosLike"),
      method<[](const Tensor& x, ScalarType type, jint, Device device, bool gradient) {
        return at::ones_like(x, options(type, device, gradient));
      }>("torchOnesLike"),
      method<[](float from, float to, float step, ScalarType type, jint, Device device,
                bool gradient) {
        return at::arange(from, to, step, options(type, device, gradient));
      }>("torchArange"),
      method<[](float from, float to, jint steps, ScalarType type, jint, Device device,
                bool gradient) {
        return at::linspace(from, to, steps, options(type, device, gradient));
      }>("torchLinspace"),
      method<[](jint n, jint m, ScalarType type, jint, Device device, bool gradient) {
        return at::eye(n, m, options(type, device, gradient));
      }>("torchEye"),
      method<[](int64_t low, int64_t high, Longs shape, ScalarType type, jint, Device device,
                bool gradient) {
        return at::randint(low, high, shape, options(type, device, gradient));
      }>("torchRandint"),
      method<[](int64_t n, ScalarType type, jint, Device device, bool gradient) {
        return at::randperm(n, options(type, device, gradient));
      }>("torchRandPerm"),
      method<[](double mean, double deviation, Longs shape, ScalarType type, jint, Device device,
                bool gradient) {
        return at::empty(shape, options(type, device, false))
            .normal_(mean, deviation)
            .set_requires_grad(gradient);
      }>("torchNormal"),
      method<[](double from, double to, Longs shape, ScalarType type, jint, Device device,
                bool gradient) {
        return at::empty(shape, options(type, device, false))
            .uniform_(from, to)
            .set_requires_grad(gradient);
      }>("tensorUniform"),
      method<[](const Tensor& x, ScalarType type, Device device) {
        return x.to(device, type, /*non_blocking=*/false, /*copy=*/true);
      }>("torchTo"),
      method<[](const Tensor& x) { return x.contiguous(); }>("torchToContiguous"),
      method<[](const Tensor& x) { return x.clone(); }>("tensorClone"),
  };
}

}  // namespace ffc
