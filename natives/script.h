// TorchScript: modules, and the values that go in and out of them.
#pragma once

#include <ATen/core/grad_mode.h>
#include <torch/csrc/jit/serialization/import.h>

#include <sstream>

#include "bind.h"

namespace ffc {

// Reads through `buffer`, `size` bytes or to the end where `size` is negative.
inline std::string readAll(JNIEnv* env, InputStream in, jbyteArray buffer, int64_t size) {
  jmethodID read = env->GetMethodID(env->GetObjectClass(in.object), "read", "([BII)I");
  jint room = env->GetArrayLength(buffer);
  std::string all;
  std::vector<jbyte> part(room);
  while (size < 0 || static_cast<int64_t>(all.size()) < size) {
    int64_t left = size < 0 ? room : size - static_cast<int64_t>(all.size());
    jint got = env->CallIntMethod(in.object, read, buffer, 0,
                                  static_cast<jint>(std::min<int64_t>(room, left)));
    if (env->ExceptionCheck()) {
      throw JavaException();
    }
    if (got < 0) {
      break;
    }
    env->GetByteArrayRegion(buffer, 0, got, part.data());
    all.append(reinterpret_cast<const char*>(part.data()), got);
  }
  return all;
}

inline std::optional<at::Device> target(at::Device device, bool mapped) {
  return mapped ? std::optional(device) : std::nullopt;
}

// Without gradients unless they are both wanted and recorded.
inline IValue runMethod(Module& module, std::string name, std::vector<IValue> arguments,
                        bool training, bool) {
  at::AutoGradMode mode(training && at::GradMode::is_enabled());
  return module.get_method(name)(std::move(arguments));
}

inline std::vector<Method> moduleMethods() {
  return {
      method<[](JNIEnv* env, InputStream in, at::Device device, bool mapped, jbyteArray buffer,
                int64_t size) {
        std::istringstream stream(readAll(env, in, buffer, size));
        return torch::jit::load(stream, target(device, mapped));
      }>("moduleLoad"),
      // Files beside the program text, as the two arrays of names would tell, are not read.
      method<[](std::string path, at::Device device, bool mapped, std::vector<std::string> names,
                std::vector<std::string>, bool trained) {
        TORCH_CHECK(names.empty(), path, ": extra files of a module cannot be read");
        Module module = torch::jit::load(path, target(device, mapped));
        for (Tensor parameter : module.parameters()) {
          parameter.set_requires_grad(trained);
        }
        return module;
      }>("moduleLoad"),
      method<[](Module* module) { delete module; }>("torchDeleteModule"),
      method<[](Module& module) { module.eval(); }>("moduleEval"),
      method<[](Module& module) { module.train(); }>("moduleTrain"),
      method<runMethod>("moduleRunMethod"),
      method<[](Module& module) {
        std::vector<Tensor> tensors;
        for (const Tensor& tensor : module.parameters()) {
          tensors.push_back(tensor);
        }
        for (const Tensor& tensor : module.buffers()) {
          tensors.push_back(tensor);
        }
        return tensors;
      }>("moduleGetParams"),
      method<[](Module& module) {
        std::vector<std::string> names;
        for (const auto& tensor : module.named_parameters()) {
          names.push_back(tensor.name);
        }
        for (const auto& tensor : module.named_buffers()) {
          names.push_back(tensor.name);
        }
        return names;
      }>("moduleGetParamNames"),
      method<[](Module& module) {
        std::vector<std::string> names;
        for (const auto& function : module.get_methods()) {
          names.push_back(function.name());
        }
        return names;
      }>("moduleGetMethodNames"),
      // Whether PyTorch fuses the operators of a module is set for each module that is run.
      method<[](bool) {}>("setGraphExecutorOptimize"),
  };
}

inline std::vector<Method> valueMethods() {
  return {
      method<[](IValue* value) { delete value; }>("torchDeleteIValue"),
      method<[](const Tensor& x) { return IValue(x); }>("iValueFromTensor"),
      method<[](bool value) { return IValue(value); }>("iValueFromBool"),
      method<[](int64_t value) { return IValue(value); }>("iValueFromLong"),
      method<[](double value) { return IValue(value); }>("iValueFromDouble"),
      method<[](std::string value) { return IValue(std::move(value)); }>("iValueFromString"),
      method<[](Longs values) { return IValue(values); }>("iValueFromLongList"),
      method<[](std::vector<double> values) { return IValue(values); }>("iValueFromDoubleList"),
      method<[](std::vector<Tensor> xs) { return IValue(c10::List<Tensor>(xs)); }>(
          "iValueFromTensorList"),
      method<[](std::vector<IValue> values) {
        return IValue(c10::ivalue::Tuple::create(std::move(values)));
      }>("iValueFromTuple"),
      method<[](std::vector<IValue> values) {
        c10::impl::GenericList list(values.empty() ? c10::AnyType::get() : values[0].type());
        for (IValue& value : values) {
          list.push_back(std::move(value));
        }
        return IValue(list);
      }>("iValueFromList"),
      method<[](std::vector<std::string> keys, std::vector<Tensor> xs) {
        TORCH_CHECK(keys.size() == xs.size(), keys.size(), " keys for ", xs.size(), " arrays");
        c10::Dict<std::string, Tensor> map;
        for (size_t i = 0; i < keys.size(); i++) {
          map.insert(keys[i], xs[i]);
        }
        return IValue(map);
      }>("iValueFromStringMap"),
      method<[](const IValue& value) { return value.toTensor(); }>("iValueToTensor"),
      method<[](const IValue& value) { return value.toBool(); }>("iValueToBool"),
      method<[](const IValue& value) { return value.toInt(); }>("iValueToLong"),
      method<[](const IValue& value) { return value.toDouble(); }>("iValueToDouble"),
      method<[](const IValue& value) { return value.toStringRef(); }>("iValueToString"),
      method<[](const IValue& value) { return value.toIntVector(); }>("iValueToLongList"),
      method<[](const IValue& value) { return value.toDoubleVector(); }>("iValueToDoubleList"),
      method<[](const IValue& value) { return value.toTensorVector(); }>("iValueToTensorList"),
      method<[](const IValue& value) { return value.toListRef().vec(); }>("iValueToIValueList"),
      method<[](const IValue& value) {
        std::vector<IValue> values(value.toTupleRef().elements());
        return values;
      }>("iValueToIValueTuple"),
      // Keys and values in turn.
      method<[](const IValue& value) {
        std::vector<IValue> entries;
        for (const auto& entry : value.toGenericDict()) {
          entries.push_back(entry.key());
          entries.push_back(entry.value());
        }
        return entries;
      }>("iValueToMap"),
      method<[](const IValue& value) { return value.type()->str(); }>("iValueGetType"),
      method<[](const IValue& value) { return value.isTensor(); }>("iValueIsTensor"),
      method<[](const IValue& value) { return value.isBool(); }>("iValueIsBool"),
      method<[](const IValue& value) { return value.isInt(); }>("iValueIsLong"),
      method<[](const IValue& value) { return value.isDouble(); }>("iValueIsDouble"),
      method<[](const IValue& value) { return value.isString(); }>("iValueIsString"),
      method<[](const IValue& value) { return value.isBoolList(); }>("iValueIsBoolList"),
      method<[](const IValue& value) { return value.isIntList(); }>("iValueIsLongList"),
      method<[](const IValue& value) { return value.isDoubleList(); }>("iValueIsDoubleList"),
      method<[](const IValue& value) { return value.isTensorList(); }>("iValueIsTensorList"),
      method<[](const IValue& value) { return value.isList(); }>("iValueIsList"),
      method<[](const IValue& value) { return value.isTuple(); }>("iValueIsTuple"),
      method<[](const IValue& value) { return value.isGenericDict(); }>("iValueIsMap"),
  };
}

}  // namespace ffc
