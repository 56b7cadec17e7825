// The native methods of DJL's class ai.djl.pytorch.jni.PyTorchLibrary, over the PyTorch whose
// headers this is compiled with: docs/decisions/090-a-bridge-of-our-own.md. One source, because
// PyTorch's headers take most of the compiler's time.
//
// A method of DJL that is not here fails as an UnsatisfiedLinkError that names it.
#include <c10/core/DeviceGuard.h>
#include <c10/util/Logging.h>
#include <dlfcn.h>
#include <link.h>
#include <torch/version.h>

#include <cstring>

#include "arrays.h"
#include "collectives.h"
#include "layers.h"
#include "operators.h"
#include "parts.h"
#include "script.h"

namespace {

bool registerAll(JNIEnv* env, jclass library, const std::vector<ffc::Method>& methods) {
  for (const ffc::Method& method : methods) {
    JNINativeMethod native = {const_cast<char*>(method.name),
                              const_cast<char*>(method.signature.c_str()), method.function};
    if (env->RegisterNatives(library, &native, 1) != JNI_OK) {
      return false;  // with a NoSuchMethodError that names it
    }
  }
  return true;
}

// A function of the CUDA runtime that PyTorch has loaded, or null: its headers are not needed to
// compile this, and whichever other runtime the system has is not asked.
void* cudaFunction(const char* name) {
  std::string path;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* found) {
        bool runtime = std::strstr(info->dlpi_name, "/libcudart") != nullptr;
        if (runtime) {
          *static_cast<std::string*>(found) = info->dlpi_name;
        }
        return runtime ? 1 : 0;
      },
      &path);
  void* runtime = path.empty() ? nullptr : dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  return runtime == nullptr ? nullptr : dlsym(runtime, name);
}

// 1000 times the major version and 10 times the minor one, such as 13000; 0 for none.
jint cudaRuntime() {
  auto* getVersion = reinterpret_cast<int (*)(int*)>(cudaFunction("cudaRuntimeGetVersion"));
  int version = 0;
  return getVersion != nullptr && getVersion(&version) == 0 ? version : 0;
}

ffc::Longs gpuMemory(jint gpu) {
  using GetInfo = int(size_t*, size_t*);
  auto* getInfo = reinterpret_cast<GetInfo*>(cudaFunction("cudaMemGetInfo"));
  TORCH_CHECK(getInfo != nullptr, "PyTorch has loaded no CUDA runtime");
  c10::DeviceGuard guard(at::Device(at::kCUDA, static_cast<at::DeviceIndex>(gpu)));
  size_t free = 0, total = 0;
  int status = getInfo(&free, &total);
  TORCH_CHECK(status == 0, "the memory of GPU ", gpu, " cannot be read: CUDA error ", status);
  return {static_cast<int64_t>(total - free), static_cast<int64_t>(total)};
}

}  // namespace

extern "C" JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM* vm, void*) {
  JNIEnv* env = nullptr;
  if (vm->GetEnv(reinterpret_cast<void**>(&env), JNI_VERSION_1_8) != JNI_OK) {
    return JNI_ERR;
  }
  jclass library = env->FindClass("ai/djl/pytorch/jni/PyTorchLibrary");
  if (library == nullptr) {
    return JNI_ERR;
  }
  for (const auto& methods :
       {ffc::processMethods(), ffc::arrayMethods(), ffc::elementMethods(), ffc::reductionMethods(),
        ffc::gradientMethods(), ffc::shapeMethods(), ffc::partMethods(), ffc::layerMethods(),
        ffc::moduleMethods(), ffc::valueMethods()}) {
    if (!registerAll(env, library, methods)) {
      return JNI_ERR;
    }
  }
  ffc::allowTf32(false);
  c10::initLogging();  // at the level of TORCH_CPP_LOG_LEVEL
  jclass collectives = env->FindClass("ffc/engine/C10d");
  if (collectives == nullptr) {
    env->ExceptionClear();  // another program over DJL
  } else if (!registerAll(env, collectives, ffc::collectiveMethods())) {
    return JNI_ERR;
  }
  return JNI_VERSION_1_8;
}

// ffc.engine.Bridge

extern "C" JNIEXPORT jstring JNICALL Java_ffc_engine_Bridge_torchVersion(JNIEnv* env, jclass) {
  return env->NewStringUTF(TORCH_VERSION);
}

extern "C" JNIEXPORT jint JNICALL Java_ffc_engine_Bridge_gpus(JNIEnv* env, jclass) {
  return ffc::guarded<jint>(env, [] { return static_cast<jint>(at::getNumGPUs()); });
}

extern "C" JNIEXPORT jint JNICALL Java_ffc_engine_Bridge_cudaRuntime(JNIEnv* env, jclass) {
  return ffc::guarded<jint>(env, [] { return cudaRuntime(); });
}

extern "C" JNIEXPORT void JNICALL Java_ffc_engine_Bridge_allowTf32(JNIEnv* env, jclass,
                                                                   jboolean allowed) {
  ffc::guarded<void>(env, [&] { ffc::allowTf32(allowed); });
}

extern "C" JNIEXPORT jboolean JNICALL Java_ffc_engine_Bridge_allowsTf32(JNIEnv* env, jclass) {
  return ffc::guarded<jboolean>(env, [] { return static_cast<jboolean>(ffc::allowsTf32()); });
}

extern "C" JNIEXPORT jlongArray JNICALL Java_ffc_engine_Bridge_gpuMemory(JNIEnv* env, jclass,
                                                                         jint gpu) {
  return ffc::guarded<jlongArray>(env,
                                  [&] { return ffc::Java<ffc::Longs>::out(env, gpuMemory(gpu)); });
}
