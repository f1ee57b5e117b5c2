# peer_forecast.R LOAD OUT SEASON FIRST EVERY: one step ahead after each row from FIRST on, refitted every EVERY rows.
suppressPackageStartupMessages(library(forecast))
args <- commandArgs(trailingOnly = TRUE)
load <- scan(args[1], quiet = TRUE)
season <- as.integer(args[3]); first <- as.integer(args[4]); every <- as.integer(args[5])
history <- 8 * season   # rows that a fit sees
orders <- 3 * season    # rows that auto.arima searches on
rows <- length(load)
out <- matrix(NA, rows, 6, dimnames = list(NULL, c("mstl", "mstl_call", "mstl_fit", "arima", "arima_call", "arima_fit")))
search <- function(x) tryCatch(auto.arima(tail(x, orders), seasonal = FALSE, approximation = TRUE, max.p = 3, max.q = 3),
                               error = function(e) NULL)
for (t in seq(max(first, 2 * season + 2), rows)) {
  if ((t - max(first, 2 * season + 2)) %% every == 0) {
    past <- load[max(1, t - history + 1):t]
    began <- proc.time()[["elapsed"]]
    parts <- mstl(ts(past, frequency = season))
    seasonal <- as.numeric(rowSums(parts[, grep("Seasonal", colnames(parts)), drop = FALSE]))
    rest <- search(past - seasonal)
    fitted_at <- t; cycle <- tail(seasonal, season)
    out[t, "mstl_fit"] <- proc.time()[["elapsed"]] - began
    began <- proc.time()[["elapsed"]]
    plain <- search(past)
    out[t, "arima_fit"] <- proc.time()[["elapsed"]] - began
  }
  recent <- load[max(1, t - orders + 1):t]
  began <- proc.time()[["elapsed"]]
  place <- function(i) cycle[(i - fitted_at - 1) %% season + 1]
  if (!is.null(rest)) {
    adjusted <- recent - place(seq(t - length(recent) + 1, t))
    out[t, "mstl"] <- forecast(Arima(adjusted, model = rest), h = 1, level = 80)$mean[1] + place(t + 1)
  }
  out[t, "mstl_call"] <- proc.time()[["elapsed"]] - began
  began <- proc.time()[["elapsed"]]
  if (!is.null(plain)) out[t, "arima"] <- forecast(Arima(recent, model = plain), h = 1, level = 80)$mean[1]
  out[t, "arima_call"] <- proc.time()[["elapsed"]] - began
}
write.csv(out, args[2], row.names = FALSE, na = "nan", quote = FALSE)
