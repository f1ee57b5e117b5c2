// Which files of a code folder stay at home: those that its .amlignore names, or else its .gitignore, as az ml has it.
// Patterns mean what they mean to git (gitignore(5)): the last one that fits decides, '!' takes back, a '/' anywhere
// but at the end binds it to the folder, one at the end means folders only, ** any number of folders.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace drover::jobs {

/// The files that are looked for in a code folder, the first that is there.
inline constexpr const char* ignore_files[] = {".amlignore", ".gitignore"};

class IgnoreRules {
 public:
  /// Lines of an ignore file. Every text is one: what is no pattern matches nothing.
  explicit IgnoreRules(std::string_view text);
  bool is_empty() const { return rules_.empty(); }
  /// `path`: relative to the folder, parts separated by '/'. Of what lies in an ignored folder nothing is asked.
  bool ignores(std::string_view path, bool is_folder) const;

 private:
  struct Rule {
    std::vector<std::string> parts;
    bool takes_back = false, folders_only = false;
  };
  std::vector<Rule> rules_;
};

}  // namespace drover::jobs
