// Native methods from C++ functions: method<f>("name") reads the method's signature off the
// parameters of f and turns what they are in Java into what f takes.
//
// Objects of PyTorch that Java holds are handles: addresses of a Tensor, IValue, Module or Index on
// the heap. Java owns them and frees each by its delete method.
#pragma once

#include <ATen/ATen.h>
#include <jni.h>
#include <torch/csrc/jit/api/module.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ffc {

using at::Tensor;
using c10::IValue;
using torch::jit::Module;
using Index = std::vector<at::indexing::TensorIndex>;
using Longs = std::vector<int64_t>;

static_assert(sizeof(jlong) == sizeof(int64_t) && sizeof(jlong) == sizeof(void*));

struct Method {
  const char* name;
  std::string signature;
  void* function;
};

// Java objects that functions get as they are.
struct ByteBuffer {
  jobject object;
};
struct InputStream {
  jobject object;
};
struct SetOfStrings {
  jobject object;
};

// Types of elements, by the order of ai.djl.ndarray.types.DataType.
inline constexpr at::ScalarType kTypes[] = {
    at::ScalarType::Float,     at::ScalarType::Double, at::ScalarType::Half,
    at::ScalarType::Byte,      at::ScalarType::Int,    at::ScalarType::Char,
    at::ScalarType::Long,      at::ScalarType::Bool,   at::ScalarType::ComplexFloat,
    at::ScalarType::Undefined,  // UNKNOWN
    at::ScalarType::Undefined,  // STRING
    at::ScalarType::BFloat16,  at::ScalarType::UInt64, at::ScalarType::UInt32,
    at::ScalarType::UInt16,    at::ScalarType::Short};
inline constexpr jint kUnknownType = 9;

inline at::ScalarType typeOf(jint number) {
  TORCH_CHECK(number >= 0 && number < static_cast<jint>(std::size(kTypes)) &&
                  kTypes[number] != at::ScalarType::Undefined,
              "PyTorch has no type of elements with the number ", number);
  return kTypes[number];
}

inline jint numberOf(at::ScalarType type) {
  for (size_t i = 0; i < std::size(kTypes); i++) {
    if (kTypes[i] == type && type != at::ScalarType::Undefined) {
      return static_cast<jint>(i);
    }
  }
  return kUnknownType;
}

// A Java exception is on its way: the native method only has to return.
struct JavaException {};

inline void throwInJava(JNIEnv* env, const char* type, const char* message) {
  if (!env->ExceptionCheck()) {
    env->ThrowNew(env->FindClass(type), message);
  }
}

// What each type of parameter or result is in Java: its descriptor, its type in JNI, and the way
// in (`in`) or out (`out`).
template <typename T>
struct Java;

template <typename T>
struct Object {
  static constexpr const char* descriptor = "J";
  using Type = jlong;
  static T& in(JNIEnv*, jlong handle) {
    TORCH_CHECK(handle != 0, "an array or object of the engine is missing");
    return *reinterpret_cast<T*>(handle);
  }
  static jlong out(JNIEnv*, T value) { return reinterpret_cast<jlong>(new T(std::move(value))); }
};
template <>
struct Java<Tensor> : Object<Tensor> {};
template <>
struct Java<Tensor&> : Object<Tensor> {};
template <>
struct Java<const Tensor&> : Object<Tensor> {};
template <>
struct Java<IValue> : Object<IValue> {};
template <>
struct Java<const IValue&> : Object<IValue> {};
template <>
struct Java<Module> : Object<Module> {};
template <>
struct Java<Module&> : Object<Module> {};
template <>
struct Java<Index> : Object<Index> {};
template <>
struct Java<Index&> : Object<Index> {};

// To be freed.
template <typename T>
struct Java<T*> {
  static constexpr const char* descriptor = "J";
  using Type = jlong;
  static T* in(JNIEnv*, jlong handle) { return reinterpret_cast<T*>(handle); }
};

// 0 for none.
template <>
struct Java<std::optional<Tensor>> {
  static constexpr const char* descriptor = "J";
  using Type = jlong;
  static std::optional<Tensor> in(JNIEnv*, jlong handle) {
    return handle == 0 ? std::nullopt : std::optional(*reinterpret_cast<Tensor*>(handle));
  }
  static jlong out(JNIEnv* env, const std::optional<Tensor>& tensor) {
    return tensor ? Object<Tensor>::out(env, *tensor) : 0;
  }
};

template <typename T, typename J>
struct Number {
  using Type = J;
  static T in(JNIEnv*, J value) { return static_cast<T>(value); }
  static J out(JNIEnv*, T value) { return static_cast<J>(value); }
};
template <>
struct Java<int64_t> : Number<int64_t, jlong> {
  static constexpr const char* descriptor = "J";
};
template <>
struct Java<jint> : Number<jint, jint> {
  static constexpr const char* descriptor = "I";
};
template <>
struct Java<double> : Number<double, jdouble> {
  static constexpr const char* descriptor = "D";
};
template <>
struct Java<float> : Number<float, jfloat> {
  static constexpr const char* descriptor = "F";
};
template <>
struct Java<bool> {
  static constexpr const char* descriptor = "Z";
  using Type = jboolean;
  static bool in(JNIEnv*, jboolean value) { return value == JNI_TRUE; }
  static jboolean out(JNIEnv*, bool value) { return value ? JNI_TRUE : JNI_FALSE; }
};
template <>
struct Java<void> {
  static constexpr const char* descriptor = "V";
  using Type = void;
};
template <>
struct Java<at::ScalarType> {
  static constexpr const char* descriptor = "I";
  using Type = jint;
  static at::ScalarType in(JNIEnv*, jint number) { return typeOf(number); }
  static jint out(JNIEnv*, at::ScalarType type) { return numberOf(type); }
};

// Type and number; the CPU has the number -1.
template <>
struct Java<at::Device> {
  static constexpr const char* descriptor = "[I";
  using Type = jintArray;
  static at::Device in(JNIEnv* env, jintArray pair) {
    jint values[2];
    env->GetIntArrayRegion(pair, 0, 2, values);
    if (env->ExceptionCheck()) {
      throw JavaException();
    }
    auto type = static_cast<at::DeviceType>(values[0]);
    return type == at::kCPU ? at::Device(type)
                            : at::Device(type, static_cast<at::DeviceIndex>(values[1]));
  }
  static jintArray out(JNIEnv* env, const at::Device& device) {
    jint pair[] = {static_cast<jint>(device.type()), device.is_cpu() ? -1 : device.index()};
    jintArray array = env->NewIntArray(2);
    if (array != nullptr) {
      env->SetIntArrayRegion(array, 0, 2, pair);
    }
    return array;
  }
};

template <>
struct Java<Longs> {
  static constexpr const char* descriptor = "[J";
  using Type = jlongArray;
  static Longs in(JNIEnv* env, jlongArray array) {
    Longs values(env->GetArrayLength(array));
    env->GetLongArrayRegion(array, 0, static_cast<jsize>(values.size()),
                            reinterpret_cast<jlong*>(values.data()));
    return values;
  }
  static jlongArray out(JNIEnv* env, const Longs& values) {
    auto size = static_cast<jsize>(values.size());
    jlongArray array = env->NewLongArray(size);
    if (array != nullptr) {
      env->SetLongArrayRegion(array, 0, size, reinterpret_cast<const jlong*>(values.data()));
    }
    return array;
  }
};

// Handles.
template <typename T>
struct Java<std::vector<T>> {
  static constexpr const char* descriptor = "[J";
  using Type = jlongArray;
  static std::vector<T> in(JNIEnv* env, jlongArray array) {
    std::vector<T> objects;
    for (int64_t handle : Java<Longs>::in(env, array)) {
      objects.push_back(Object<T>::in(env, handle));
    }
    return objects;
  }
  static jlongArray out(JNIEnv* env, const std::vector<T>& objects) {
    Longs handles;
    for (const T& object : objects) {
      handles.push_back(Object<T>::out(env, object));
    }
    return Java<Longs>::out(env, handles);
  }
};

template <>
struct Java<std::vector<double>> {
  static constexpr const char* descriptor = "[D";
  using Type = jdoubleArray;
  static std::vector<double> in(JNIEnv* env, jdoubleArray array) {
    std::vector<double> values(env->GetArrayLength(array));
    env->GetDoubleArrayRegion(array, 0, static_cast<jsize>(values.size()), values.data());
    return values;
  }
  static jdoubleArray out(JNIEnv* env, const std::vector<double>& values) {
    auto size = static_cast<jsize>(values.size());
    jdoubleArray array = env->NewDoubleArray(size);
    if (array != nullptr) {
      env->SetDoubleArrayRegion(array, 0, size, values.data());
    }
    return array;
  }
};

template <>
struct Java<std::string> {
  static constexpr const char* descriptor = "Ljava/lang/String;";
  using Type = jstring;
  static std::string in(JNIEnv* env, jstring string) {
    const char* chars = env->GetStringUTFChars(string, nullptr);
    if (chars == nullptr) {
      throw JavaException();
    }
    std::string copy(chars);
    env->ReleaseStringUTFChars(string, chars);
    return copy;
  }
  static jstring out(JNIEnv* env, const std::string& text) {
    return env->NewStringUTF(text.c_str());
  }
};

template <>
struct Java<std::vector<std::string>> {
  static constexpr const char* descriptor = "[Ljava/lang/String;";
  using Type = jobjectArray;
  static std::vector<std::string> in(JNIEnv* env, jobjectArray array) {
    std::vector<std::string> texts;
    for (jsize i = 0; i < env->GetArrayLength(array); i++) {
      texts.push_back(
          Java<std::string>::in(env, static_cast<jstring>(env->GetObjectArrayElement(array, i))));
    }
    return texts;
  }
  static jobjectArray out(JNIEnv* env, const std::vector<std::string>& texts) {
    jobjectArray array = env->NewObjectArray(static_cast<jsize>(texts.size()),
                                             env->FindClass("java/lang/String"), nullptr);
    for (size_t i = 0; array != nullptr && i < texts.size(); i++) {
      env->SetObjectArrayElement(array, static_cast<jsize>(i),
                                 Java<std::string>::out(env, texts[i]));
    }
    return array;
  }
};

template <>
struct Java<jbyteArray> {
  static constexpr const char* descriptor = "[B";
  using Type = jbyteArray;
  static jbyteArray in(JNIEnv*, jbyteArray array) { return array; }
  static jbyteArray out(JNIEnv*, jbyteArray array) { return array; }
};
template <>
struct Java<ByteBuffer> {
  static constexpr const char* descriptor = "Ljava/nio/ByteBuffer;";
  using Type = jobject;
  static ByteBuffer in(JNIEnv*, jobject object) { return {object}; }
  static jobject out(JNIEnv*, ByteBuffer buffer) { return buffer.object; }
};
template <>
struct Java<InputStream> {
  static constexpr const char* descriptor = "Ljava/io/InputStream;";
  using Type = jobject;
  static InputStream in(JNIEnv*, jobject object) { return {object}; }
};
template <>
struct Java<SetOfStrings> {
  static constexpr const char* descriptor = "Ljava/util/Set;";
  using Type = jobject;
  static SetOfStrings in(JNIEnv*, jobject object) { return {object}; }
};

// Runs a body; what it throws becomes a Java exception.
template <typename R, typename F>
R guarded(JNIEnv* env, F body) {
  constexpr const char* kFailure = "ai/djl/engine/EngineException";
  try {
    return body();
  } catch (const JavaException&) {
  } catch (const c10::Error& e) {
    throwInJava(env, kFailure, e.what_without_backtrace());
  } catch (const std::exception& e) {
    throwInJava(env, kFailure, e.what());
  }
  return R();
}

template <auto f, typename R, typename... A>
Method bound(const char* name, R (*)(A...)) {
  auto* native = +[](JNIEnv* env, jclass, typename Java<A>::Type... a) -> typename Java<R>::Type {
    return guarded<typename Java<R>::Type>(env, [&] {
      if constexpr (std::is_void_v<R>) {
        f(Java<A>::in(env, a)...);
      } else {
        return Java<R>::out(env, f(Java<A>::in(env, a)...));
      }
    });
  };
  return {name, (std::string("(") + ... + Java<A>::descriptor) + ")" + Java<R>::descriptor,
          reinterpret_cast<void*>(native)};
}

// The same for a function that calls back into Java.
template <auto f, typename R, typename... A>
Method bound(const char* name, R (*)(JNIEnv*, A...)) {
  auto* native = +[](JNIEnv* env, jclass, typename Java<A>::Type... a) -> typename Java<R>::Type {
    return guarded<typename Java<R>::Type>(env, [&] {
      if constexpr (std::is_void_v<R>) {
        f(env, Java<A>::in(env, a)...);
      } else {
        return Java<R>::out(env, f(env, Java<A>::in(env, a)...));
      }
    });
  };
  return {name, (std::string("(") + ... + Java<A>::descriptor) + ")" + Java<R>::descriptor,
          reinterpret_cast<void*>(native)};
}

// A native method that does what f does.
template <auto f>
Method method(const char* name) {
  return bound<f>(name, +f);
}

}  // namespace ffc
