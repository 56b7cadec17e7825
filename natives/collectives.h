// Collectives among processes by PyTorch's own c10d: the native methods of ffc.engine.C10d.
// docs/decisions/091-collectives-of-pytorch.md
//
// A call is started and then advanced, a moment at a time, by the thread that wants its result: it
// can give up in between. What was given up may go on for a while in gloo's threads, and touches
// nothing that Java holds then.
#pragma once

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "bind.h"

#ifdef FFC_GLOO
#define USE_C10D_GLOO
#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif

namespace ffc {

#ifdef FFC_GLOO

using Millis = std::chrono::milliseconds;
using Backend = c10::intrusive_ptr<c10d::Backend>;

#ifdef FFC_NCCL
// In nccl.cpp.
Backend ncclBackend(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size, Millis limit);
#endif

// Where the processes of a group find each other. The first listens, at one address only, on a port
// that the system chooses.
struct Rendezvous {
  c10::intrusive_ptr<c10d::TCPStore> store;
};

// A socket that listens at an address; PyTorch's store would listen at all of the machine.
class Listener {
 public:
  explicit Listener(const std::string& host) {
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    int problem = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    TORCH_CHECK(problem == 0, host, ": ", gai_strerror(problem));
    fd_ = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool listens = fd_ >= 0 && bind(fd_, found->ai_addr, found->ai_addrlen) == 0 &&
                   listen(fd_, SOMAXCONN) == 0;
    int error = errno;
    freeaddrinfo(found);
    if (!listens) {
      close();
      TORCH_CHECK(false, "cannot listen at ", host, ": ", std::strerror(error));
    }
  }
  Listener(const Listener&) = delete;
  ~Listener() { close(); }

  uint16_t port() const {
    sockaddr_storage address = {};
    socklen_t size = sizeof address;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.ss_family == AF_INET6
                     ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                     : reinterpret_cast<sockaddr_in*>(&address)->sin_port);
  }

  int fd() const { return fd_; }

  // Of whoever took it over.
  void release() { fd_ = -1; }

 private:
  void close() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  int fd_;
};

inline c10d::TCPStoreOptions storeOptions(uint16_t port, Millis limit) {
  c10d::TCPStoreOptions options;
  options.port = port;
  options.timeout = limit;
  options.waitWorkers = false;
  return options;
}

inline Rendezvous listenAt(const std::string& host, int64_t millis) {
  Listener listener(host);
  c10d::TCPStoreOptions options = storeOptions(listener.port(), Millis(millis));
  options.isServer = true;
  options.masterListenFd = listener.fd();
  Rendezvous made = {c10::make_intrusive<c10d::TCPStore>(host, options)};
  listener.release();
  return made;
}

struct Group {
  Backend backend;
  int size;
};

inline Group join(Rendezvous& rendezvous, jint rank, jint size, std::string host, int64_t millis,
                  bool gpus) {
  Millis limit(millis);
  if (gpus) {
#ifdef FFC_NCCL
    return {ncclBackend(rendezvous.store, rank, size, limit), size};
#endif
  }
  auto options = c10d::ProcessGroupGloo::Options::create(limit);
  options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(host));
  return {c10::make_intrusive<c10d::ProcessGroupGloo>(rendezvous.store, rank, size, options), size};
}

// Work of the backend and whether it is done, with or without success.
class Pending {
 public:
  Pending(c10::intrusive_ptr<c10d::Work> work, const Tensor& values)
      : work_(std::move(work)), polled_(!values.is_cpu()) {
    work_->getFuture()->addCallback([end = end_](c10::ivalue::Future& future) {
      std::lock_guard<std::mutex> lock(end->mutex);
      end->error = future.hasError() ? future.exception_ptr() : nullptr;
      end->reached = true;
      end->changed.notify_all();
    });
  }

  // Whether it ended within that time; throws what it failed with.
  bool wait(Millis time) {
    if (polled_) {  // the future of work on a device is there as soon as it is enqueued
      auto end = std::chrono::steady_clock::now() + time;
      while (!work_->isCompleted()) {
        if (std::chrono::steady_clock::now() >= end) {
          return false;
        }
        std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
      work_->wait();
    } else {
      std::unique_lock<std::mutex> lock(end_->mutex);
      if (!end_->changed.wait_for(lock, time, [&] { return end_->reached; })) {
        return false;
      }
      if (end_->error) {
        std::rethrow_exception(end_->error);
      }
    }
    return true;
  }

 private:
  struct End {
    std::mutex mutex;
    std::condition_variable changed;
    bool reached = false;
    std::exception_ptr error;
  };
  c10::intrusive_ptr<c10d::Work> work_;
  bool polled_;
  std::shared_ptr<End> end_ = std::make_shared<End>();
};

// A collective that is under way.
class Call {
 public:
  virtual ~Call() = default;
  // Waits for at most that time; whether all of it is done.
  virtual bool advance(Millis time) = 0;
};

// Sums in pieces, several of which travel at a time. Large arrays are added up where they lie,
// others are put together in copies. A mean is of copies only.
class Sum : public Call {
 public:
  // All arrays have one type of elements. Sums are divided by the divisor.
  Sum(const Group& group, const std::vector<Tensor>& arrays, double divisor)
      : backend_(group.backend), divisor_(divisor) {
    int64_t room = 0;
    for (const Tensor& array : arrays) {
      TORCH_CHECK(
          array.scalar_type() == arrays[0].scalar_type() && array.device() == arrays[0].device(),
          "arrays of different types or devices are not added up together");
      if (divisor == 1 && array.is_contiguous() && array.numel() >= kLarge) {
        pieces_.push_back({{array}, true});
        room = 0;
        continue;
      }
      if (room < array.numel()) {
        pieces_.push_back({{}, false});
        room = kPiece;
      }
      pieces_.back().arrays.push_back(array);
      room -= array.numel();
    }
  }

  ~Sum() override {
    at::NoGradGuard guard;
    for (const Travelling& given_up : travelling_) {
      Piece& piece = pieces_[given_up.piece];
      if (piece.in_place) {
        // gloo may go on to write into the memory: it is left to it, and the array gets other.
        piece.arrays[0].set_data(piece.arrays[0].clone());
      }
    }
  }

  bool advance(Millis time) override {
    at::NoGradGuard guard;
    while (next_ < pieces_.size() && travelling_.size() < kTravelling) {
      send(next_++);
    }
    if (travelling_.empty()) {
      return true;
    }
    Travelling& first = travelling_.front();
    if (!first.pending.wait(time)) {
      return false;
    }
    take(pieces_[first.piece], first.values);
    travelling_.pop_front();
    return next_ == pieces_.size() && travelling_.empty();
  }

 private:
  static constexpr int64_t kLarge = 1 << 18;
  static constexpr int64_t kPiece = 1 << 20;
  static constexpr size_t kTravelling = 4;

  struct Piece {
    std::vector<Tensor> arrays;
    bool in_place;
  };

  struct Travelling {
    size_t piece;
    Tensor values;
    Pending pending;
  };

  void send(size_t number) {
    const Piece& piece = pieces_[number];
    std::vector<Tensor> values;
    if (piece.in_place) {
      values.push_back(piece.arrays[0].detach());
    } else {
      std::vector<Tensor> flat;
      for (const Tensor& array : piece.arrays) {
        flat.push_back(array.reshape({-1}));
      }
      values.push_back(at::cat(flat));
    }
    travelling_.push_back({number, values[0], Pending(backend_->allreduce(values), values[0])});
  }

  void take(Piece& piece, const Tensor& values) const {
    if (piece.in_place) {
      return;
    }
    if (divisor_ != 1) {
      values.div_(divisor_);
    }
    int64_t from = 0;
    for (Tensor& array : piece.arrays) {
      array.copy_(values.narrow(0, from, array.numel()).view(array.sizes()));
      from += array.numel();
    }
  }

  Backend backend_;
  double divisor_;
  std::vector<Piece> pieces_;
  std::deque<Travelling> travelling_;
  size_t next_ = 0;
};

class Gather : public Call {
 public:
  Gather(const Group& group, const Tensor& mine) {
    at::NoGradGuard guard;
    Longs shape = mine.sizes().vec();
    shape.insert(shape.begin(), group.size);
    all_ = at::empty(shape, mine.options().requires_grad(false));
    std::vector<std::vector<Tensor>> outputs = {all_.unbind()};
    std::vector<Tensor> inputs = {mine.detach().clone(at::MemoryFormat::Contiguous)};
    pending_.emplace(group.backend->allgather(outputs, inputs), all_);
  }

  bool advance(Millis time) override { return pending_->wait(time); }

  const Tensor& all() const { return all_; }

 private:
  Tensor all_;
  std::optional<Pending> pending_;
};

template <>
struct Java<Rendezvous> : Object<Rendezvous> {};
template <>
struct Java<Rendezvous&> : Object<Rendezvous> {};
template <>
struct Java<Group> : Object<Group> {};
template <>
struct Java<Group&> : Object<Group> {};

inline std::vector<Method> collectiveMethods() {
  return {
      method<[] { return true; }>("hasGloo"),
#ifdef FFC_NCCL
      method<[] { return true; }>("hasNccl"),
#else
      method<[] { return false; }>("hasNccl"),
#endif
      method<[](std::string host, int64_t millis) { return listenAt(host, millis); }>("listen"),
      method<[](Rendezvous& rendezvous) { return static_cast<jint>(rendezvous.store->getPort()); }>(
          "port"),
      method<[](std::string host, jint port, int64_t millis) {
        return Rendezvous{c10::make_intrusive<c10d::TCPStore>(
            host, storeOptions(static_cast<uint16_t>(port), Millis(millis)))};
      }>("connect"),
      method<[](Rendezvous* rendezvous) { delete rendezvous; }>("part"),
      method<join>("join"),
      method<[](Group& group) {
#ifdef FFC_NCCL
        if (group.backend->getBackendName() != "gloo") {
          group.backend->abort();
        }
#else
        static_cast<void>(group);
#endif
      }>("abort"),
      // Waits for what is under way in threads of the backend, at most its limit of time.
      method<[](Group* group) { delete group; }>("leave"),
      method<[](Group& group, std::vector<Tensor> arrays, double divisor) {
        return reinterpret_cast<int64_t>(static_cast<Call*>(new Sum(group, arrays, divisor)));
      }>("startSum"),
      method<[](Group& group, const Tensor& mine) {
        return reinterpret_cast<int64_t>(static_cast<Call*>(new Gather(group, mine)));
      }>("startGather"),
      method<[](int64_t call, jint millis) {
        return reinterpret_cast<Call*>(call)->advance(Millis(millis));
      }>("advance"),
      method<[](int64_t call) {
        return static_cast<Gather*>(reinterpret_cast<Call*>(call))->all();
      }>("gathered"),
      method<[](int64_t call) { delete reinterpret_cast<Call*>(call); }>("end"),
  };
}

#else

inline std::vector<Method> collectiveMethods() {
  return {method<[] { return false; }>("hasGloo"), method<[] { return false; }>("hasNccl")};
}

#endif

}  // namespace ffc
