// Extremes and sums over trailing windows of a stream, one push a step, each in amortised constant time.
#pragma once

#include <cstddef>
#include <vector>

namespace drover::forecast {

/// A stream's values by their index since the beginning, of which only the newest are kept.
class History {
 public:
  /// At least the newest `keep` values stay readable.
  explicit History(std::size_t keep) : keep_(keep) {}

  void push(double value) {
    // Half is dropped at once, so that a push costs amortised constant time.
    if (values_.size() >= 2 * keep_) {
      values_.erase(values_.begin(), values_.end() - static_cast<std::ptrdiff_t>(keep_));
      first_ = size_ - keep_;
    }
    values_.push_back(value);
    ++size_;
  }
  /// Values pushed so far.
  std::size_t size() const { return size_; }
  double back() const { return values_.back(); }
  /// The value pushed as number `index`; the oldest kept one for earlier indices. `index` < size().
  double at(std::ptrdiff_t index) const {
    const auto first = static_cast<std::ptrdiff_t>(first_);
    return values_[static_cast<std::size_t>(index > first ? index - first : 0)];
  }

 private:
  std::size_t keep_;
  std::size_t first_ = 0;  ///< index of values_[0]
  std::size_t size_ = 0;
  std::vector<double> values_;
};

/// The largest of the last `window` values: a queue that only holds values with no larger one after them.
class RollingMaximum {
 public:
  explicit RollingMaximum(std::size_t window) : window_(window == 0 ? 1 : window), queue_(window_) {}

  double push(double value) {
    while (count_ > 0 && queue_[(head_ + count_ - 1) % window_].value <= value) --count_;
    if (count_ > 0 && queue_[head_].index + window_ <= index_) {
      head_ = (head_ + 1) % window_;
      --count_;
    }
    queue_[(head_ + count_) % window_] = {index_++, value};
    ++count_;
    return queue_[head_].value;
  }

 private:
  struct Entry {
    std::size_t index = 0;
    double value = 0;
  };
  std::size_t window_;
  std::vector<Entry> queue_;
  std::size_t head_ = 0, count_ = 0, index_ = 0;
};

}  // namespace drover::forecast
