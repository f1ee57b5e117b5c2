// A recorded load, and what is to be made of it, as the words of scale replay and forecast backtest have them.
#pragma once

#include <optional>
#include <string>

#include "cli/context.hpp"
#include "codec/load_log.hpp"
#include "forecast/load_choice.hpp"
#include "scaling/pool_terms.hpp"

namespace drover::cli {

/// What was typed makes no sense; `hint` says what would.
Error bad_option(const std::string& option, const std::string& value, const std::string& hint);
/// "5m" for `option`. Errors: invalid_input (no duration, below 0).
Result<Duration> duration_of(const std::string& option, const std::string& value);
/// A day or a time; nullopt for "". Errors: invalid_input.
Result<std::optional<Instant>> instant_of(const std::string& option, const std::string& value);

/// The log that --log names. Errors: those of the file and of codec::read_load_log.
Result<codec::LoadLog> read_log(const Context& context);
/// Its load, cut and filled as was asked; takes the notes over. Errors: those of forecast::choose_load, naming the
/// file.
Result<forecast::ChosenLoad> choose_load(const Context& context, codec::LoadLog& log);
/// --slo alone, for those who want to know before a log is read. Errors: invalid_input.
Status check_slo(const ReplayWords& words);
/// --timezone and --holidays. Errors: invalid_input, not_found.
Result<Calendar> calendar_of(const Context& context);
/// --lead, --slo, the calendar and what a node carries. Errors: invalid_input, not_found.
Result<scaling::PoolTerms> terms_of(const Context& context, const forecast::Series& series);
/// "a node carries 45", or what is assumed where nobody said it: "a node is assumed to carry 15,929 (30 nodes at the
/// 99.9th percentile of the load; say --node-capacity)".
std::string capacity_words(const ReplayWords& words, const scaling::PoolTerms& terms);
/// --train. Errors: invalid_input.
Result<Duration> training_of(const ReplayWords& words, const forecast::Series& series);

}  // namespace drover::cli
