// The usual LRU cache in C++: unordered_map to list iterators. Counterpart of SlotTableBench: the
// same stream of identities, the same decisions. Build: g++ -O3 -march=native -o lru lru.cpp
// Usage: lru CAPACITY SECONDS; prints uses a second (median of five) and a checksum of the slots.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <unordered_map>
#include <utility>
#include <vector>

class Lru {
 public:
  explicit Lru(size_t capacity) : capacity_(capacity) { index_.reserve(capacity); }

  int use(int64_t id) {
    auto found = index_.find(id);
    if (found != index_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return found->second->second;
    }
    if (order_.size() < capacity_) {
      order_.emplace_front(id, static_cast<int>(order_.size()));
    } else {
      auto oldest = std::prev(order_.end());
      index_.erase(oldest->first);
      oldest->first = id;
      order_.splice(order_.begin(), order_, oldest);
    }
    index_.emplace(id, order_.begin());
    return order_.begin()->second;
  }

 private:
  size_t capacity_;
  std::list<std::pair<int64_t, int>> order_;
  std::unordered_map<int64_t, std::list<std::pair<int64_t, int>>::iterator> index_;
};

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: lru CAPACITY SECONDS\n");
    return 2;
  }
  const size_t capacity = std::strtoull(argv[1], nullptr, 10);
  const double seconds = std::atof(argv[2]);
  std::vector<int64_t> ids(1 << 22);
  uint64_t state = 42;
  for (auto& id : ids) {
    state += 0x9E3779B97F4A7C15ULL;
    uint64_t z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
    id = static_cast<int64_t>(z % (2 * capacity));
  }
  Lru lru(capacity);
  int64_t sum = 0;
  for (auto id : ids) sum += lru.use(id);
  const int64_t first = sum;
  std::vector<double> rates;
  for (int run = 0; run < 5; run++) {
    auto start = std::chrono::steady_clock::now();
    double elapsed = 0;
    size_t uses = 0;
    while (elapsed < seconds) {
      for (auto id : ids) sum += lru.use(id);
      uses += ids.size();
      elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    rates.push_back(uses / elapsed);
  }
  std::sort(rates.begin(), rates.end());
  std::printf("%.0f %lld %lld\n", rates[2], static_cast<long long>(first),
              static_cast<long long>(sum & 1));
  return 0;
}
