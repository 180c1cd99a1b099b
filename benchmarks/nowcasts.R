# Nowcasts by R's surveillance::nowcast of reporting triangles, for benchmarks/nowcasts.py.
#
#   Rscript benchmarks/nowcasts.R FOLDER
#
# FOLDER holds triangle_*.csv with the columns event, report (days, as 2020-04-19), count, and now.txt with the day
# known. Writes quantiles_r.csv: one row a triangle and day of the last 14, one column a level. The prior of a day's
# count is negative binomial: a gamma mean, itself that of the days 60 and more before, deviating by half of it, as in
# analytics.delays.

suppressMessages(library(surveillance))
folder <- commandArgs(trailingOnly = TRUE)[1]
levels <- c(0.01, 0.025, seq(0.05, 0.95, by = 0.05), 0.975, 0.99)
now <- as.Date(readLines(file.path(folder, "now.txt"))[1])
longest <- 45
first <- now - 363
when <- seq(now - 13, now, by = "day")
rows <- list()
for (path in sort(list.files(folder, pattern = "^triangle_.*\\.csv$", full.names = TRUE))) {
  triangle <- read.csv(path)
  triangle <- triangle[as.Date(triangle$event) >= first, ]
  cases <- triangle[rep(seq_len(nrow(triangle)), triangle$count), ]
  cases <- data.frame(event = as.Date(cases$event), report = as.Date(cases$report))
  usual <- sum(cases$event <= now - 60) / 304
  most <- max(40, ceiling(12 * usual))
  control <- list(
    N.tInf.prior = structure("poisgamma", mean.lambda = usual, var.lambda = usual + (0.5 * usual)^2),
    N.tInf.max = most, predPMF = TRUE, dRange = c(first, now)
  )
  found <- suppressWarnings(suppressMessages(nowcast(
    now = now, when = when, data = cases, dEventCol = "event", dReportCol = "report",
    aggregate.by = "1 day", method = "bayes.trunc", D = longest, control = control
  )))
  for (i in seq_along(when)) {
    mass <- cumsum(found@predPMF[[i]][["bayes.trunc"]])
    at <- vapply(levels, function(level) which(mass >= level - 1e-9)[1] - 1, numeric(1))
    rows[[length(rows) + 1]] <- c(basename(path), i - 1, at)
  }
}
out <- as.data.frame(do.call(rbind, rows))
names(out) <- c("triangle", "day", levels)
write.csv(out, file.path(folder, "quantiles_r.csv"), row.names = FALSE, quote = FALSE)
