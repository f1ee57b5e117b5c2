#include "forecast/boosted_trees.hpp"

#include <dlfcn.h>
#include <xgboost/c_api.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/json.hpp"

namespace drover::forecast {
namespace {

using nlohmann::json;

constexpr int rounds = 60;
/// Shallow and slow enough that a fortnight of correlated minutes is not learned by heart.
constexpr std::pair<const char*, const char*> parameters[] = {
    {"objective", "reg:squarederror"},
    {"tree_method", "hist"},
    {"max_bin", "64"},
    {"max_depth", "5"},
    {"eta", "0.1"},
    {"min_child_weight", "20"},
    {"lambda", "5"},
    {"base_score", "0"},
    {"nthread", "1"},
    {"verbosity", "0"},
};

/// XGBoost's C interface. It is loaded when trees are first wanted: linked to, it would make every command begin half
/// as slowly again.
struct Library {
  decltype(&XGDMatrixCreateFromMat) make_matrix = nullptr;
  decltype(&XGDMatrixSetFloatInfo) set_floats = nullptr;
  decltype(&XGDMatrixFree) free_matrix = nullptr;
  decltype(&XGBoosterCreate) make_booster = nullptr;
  decltype(&XGBoosterSetParam) set_parameter = nullptr;
  decltype(&XGBoosterUpdateOneIter) grow_tree = nullptr;
  decltype(&XGBoosterSaveModelToBuffer) save = nullptr;
  decltype(&XGBoosterFree) free_booster = nullptr;
};

std::optional<Library> load_library() {
  void* const handle = dlopen("libxgboost.so.0", RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return std::nullopt;
  Library library;
  const auto find = [&](const char* name, auto& function) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
    return function != nullptr;
  };
  const bool is_whole =
      find("XGDMatrixCreateFromMat", library.make_matrix) && find("XGDMatrixSetFloatInfo", library.set_floats) &&
      find("XGDMatrixFree", library.free_matrix) && find("XGBoosterCreate", library.make_booster) &&
      find("XGBoosterSetParam", library.set_parameter) && find("XGBoosterUpdateOneIter", library.grow_tree) &&
      find("XGBoosterSaveModelToBuffer", library.save) && find("XGBoosterFree", library.free_booster);
  return is_whole ? std::optional(library) : std::nullopt;
}

/// Null where it is not installed.
const Library* xgboost() {
  static const std::optional<Library> loaded = load_library();
  return loaded ? &*loaded : nullptr;
}

/// Frees what the C interface gives out.
class Matrix {
 public:
  explicit Matrix(const TrainingRows& rows) {
    const auto count = rows.outcomes.size();
    is_good_ = xgboost()->make_matrix(rows.inputs.data(), count, rows.width, std::numeric_limits<float>::quiet_NaN(),
                                      &handle_) == 0 &&
               xgboost()->set_floats(handle_, "label", rows.outcomes.data(), count) == 0;
  }
  ~Matrix() {
    if (handle_) xgboost()->free_matrix(handle_);
  }
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;
  bool is_good() const { return is_good_; }
  DMatrixHandle handle() const { return handle_; }

 private:
  DMatrixHandle handle_ = nullptr;
  bool is_good_ = false;
};

class Booster {
 public:
  explicit Booster(const Matrix& matrix) {
    const DMatrixHandle matrices[] = {matrix.handle()};
    is_good_ = xgboost()->make_booster(matrices, 1, &handle_) == 0;
    for (const auto& [name, value] : parameters)
      is_good_ = is_good_ && xgboost()->set_parameter(handle_, name, value) == 0;
  }
  ~Booster() {
    if (handle_) xgboost()->free_booster(handle_);
  }
  Booster(const Booster&) = delete;
  Booster& operator=(const Booster&) = delete;
  bool grow(const Matrix& matrix) {
    for (int i = 0; i < rounds && is_good_; ++i) is_good_ = xgboost()->grow_tree(handle_, i, matrix.handle()) == 0;
    return is_good_;
  }
  /// Empty when it fails; valid until the next call.
  std::string_view to_json() const {
    bst_ulong length = 0;
    const char* text = nullptr;
    if (xgboost()->save(handle_, R"({"format":"json"})", &length, &text) != 0) return {};
    return {text, length};
  }

 private:
  BoosterHandle handle_ = nullptr;
  bool is_good_ = false;
};

/// Children come after their parents, so that a walk ends.
bool is_whole(std::span<const TreeSum::Node> nodes, int root, std::size_t width) {
  const int end = static_cast<int>(nodes.size());
  for (int i = root; i < end; ++i) {
    const auto& node = nodes[static_cast<std::size_t>(i)];
    if (node.left < 0) continue;
    if (node.left <= i || node.right <= i || node.left >= end || node.right >= end || node.input < 0 ||
        static_cast<std::size_t>(node.input) >= width)
      return false;
  }
  return end > root;
}

}  // namespace

double TreeSum::predict(std::span<const float> inputs) const {
  double sum = 0;
  for (const int root : roots_) {
    const Node* node = &nodes_[static_cast<std::size_t>(root)];
    while (node->left >= 0)
      node = &nodes_[static_cast<std::size_t>(
          inputs[static_cast<std::size_t>(node->input)] < node->value ? node->left : node->right)];
    sum += node->value;
  }
  return sum;
}

Result<TreeSum> read_tree_sum(std::string_view text, std::size_t width) {
  const auto malformed = [] { return fail(Code::invalid_input, "this is no tree model of XGBoost"); };
  const json model = parse_json(text);
  if (model.is_discarded()) return malformed();
  std::vector<TreeSum::Node> nodes;
  std::vector<int> roots;
  try {
    for (const json& tree : model.at("learner").at("gradient_booster").at("model").at("trees")) {
      const json &left = tree.at("left_children"), &right = tree.at("right_children");
      const json &inputs = tree.at("split_indices"), &values = tree.at("split_conditions");
      const int root = static_cast<int>(nodes.size());
      const auto child = [&](const json& index) { return index.get<int>() < 0 ? -1 : root + index.get<int>(); };
      for (std::size_t i = 0; i < left.size(); ++i)
        nodes.push_back({.left = child(left.at(i)),
                         .right = child(right.at(i)),
                         .input = inputs.at(i).get<int>(),
                         .value = values.at(i).get<float>()});
      if (!is_whole(nodes, root, width)) return malformed();
      roots.push_back(root);
    }
  } catch (const json::exception&) {
    return malformed();
  }
  return TreeSum(std::move(nodes), std::move(roots));
}

bool can_boost_trees() { return xgboost() != nullptr; }

std::shared_ptr<const FittedModel> fit_boosted_trees(const TrainingRows& rows) {
  if (!can_boost_trees() || rows.outcomes.empty() || rows.inputs.size() != rows.outcomes.size() * rows.width)
    return nullptr;
  const Matrix matrix(rows);
  if (!matrix.is_good()) return nullptr;
  Booster booster(matrix);
  if (!booster.grow(matrix)) return nullptr;
  auto trees = read_tree_sum(booster.to_json(), rows.width);
  if (!trees) return nullptr;
  return std::make_shared<const TreeSum>(std::move(*trees));
}

}  // namespace drover::forecast
