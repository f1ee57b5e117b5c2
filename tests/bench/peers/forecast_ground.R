# forecast_ground.R FOLDER COUNT mstl|auto.arima : two days ahead of each hourly series 0.csv, 1.csv ... of FOLDER.
suppressPackageStartupMessages(library(forecast))
args <- commandArgs(trailingOnly = TRUE)
horizon <- 48
seconds <- 0
for (i in seq_len(as.integer(args[2])) - 1) {
  values <- scan(file.path(args[1], paste0(i, ".csv")), quiet = TRUE)
  began <- proc.time()[["elapsed"]]
  seasons <- if (length(values) > 2 * 168) c(24, 168) else 24
  if (args[3] == "mstl") {
    told <- forecast(stlm(msts(values, seasons), method = "arima"), h = horizon, level = 80)$mean
  } else {
    terms <- if (length(seasons) > 1) c(8, 5) else 8
    y <- msts(values, seasons)
    fit <- auto.arima(y, seasonal = FALSE, xreg = fourier(y, K = terms), approximation = TRUE, max.p = 3, max.q = 3)
    told <- forecast(fit, xreg = fourier(y, K = terms, h = horizon), level = 80)$mean
  }
  seconds <- seconds + proc.time()[["elapsed"]] - began
  write(as.numeric(told), file.path(args[1], paste0(i, ".out")), ncolumns = 1)
}
writeLines(format(seconds), file.path(args[1], "seconds"))
