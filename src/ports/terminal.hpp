// Where the CLI prints and asks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace drover {

class Terminal {
 public:
  virtual ~Terminal() = default;
  virtual void out(std::string_view text) = 0;
  virtual void err(std::string_view text) = 0;
  /// A person looks at it: colours and bars are welcome.
  virtual bool is_live() const = 0;
  virtual int width() const = 0;
  /// A line that the person types; nullopt when nobody is there.
  virtual std::optional<std::string> ask(std::string_view question) = 0;
  /// The same without showing what is typed; or all of standard input when it is not a terminal.
  virtual std::optional<std::string> ask_secret(std::string_view question) = 0;
};

}  // namespace drover
