#include "scaling/tally_window.hpp"

#include <algorithm>
#include <utility>

namespace drover::scaling {
namespace {

void add_to(std::vector<std::int64_t>& sums, const std::vector<std::int32_t>& row) {
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += row[i];
}
void take_from(std::vector<std::int64_t>& sums, const std::vector<std::int32_t>& row) {
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] -= row[i];
}

}  // namespace

TallyWindow::TallyWindow(std::size_t candidates, std::size_t rows_max, std::size_t recent_rows)
    : rows_max_(std::max<std::size_t>(1, rows_max)),
      recent_rows_(std::clamp<std::size_t>(recent_rows, 1, rows_max_)),
      node_steps_(candidates),
      violations_(candidates),
      recent_violations_(candidates) {}

void TallyWindow::add(CounterfactualPools::Tally row) {
  rows_.push_back(std::move(row));
  add_to(node_steps_, rows_.back().node_steps);
  add_to(violations_, rows_.back().violations);
  add_to(recent_violations_, rows_.back().violations);
  if (rows_.size() > recent_rows_) take_from(recent_violations_, rows_[rows_.size() - 1 - recent_rows_].violations);
  if (rows_.size() <= rows_max_) return;
  take_from(node_steps_, rows_.front().node_steps);
  take_from(violations_, rows_.front().violations);
  rows_.pop_front();
}

}  // namespace drover::scaling
