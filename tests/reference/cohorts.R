# Makes cohorts.csv: what R's t.test (Table 4), glm and MASS's confint (Table 5) and cor (Fig. 2) find in
# reconstructed cohorts. Reads nothing but the exported files; everything derived is derived here.
# R 4.2.2; MASS 7.3-58.2. Run in this folder, whenever the files change:
#   Rscript cohorts.R ../../src/adbayes/cohort/embedded/cohort00.csv ../../src/adbayes/cohort/embedded/cohort01.csv
suppressMessages(library(MASS))
scores <- c("easi", "nrs", "poem", "dlqi")
rows <- list()
for (file in commandArgs(TRUE)) {
  d <- read.csv(file, comment.char = "#", colClasses = c(patient = "character"))
  first <- subset(d, visit == 0); last <- subset(d, visit == 52)
  stopifnot(identical(first$patient, last$patient))
  keep <- function(table, variable, visit, statistic, value) rows[[length(rows) + 1]] <<- data.frame(
    file = basename(file), md5 = unname(tools::md5sum(file)), table, variable, visit, statistic,
    value = format(unname(value), digits = 15, trim = TRUE))
  change <- sapply(scores, function(s) 100 * (first[[s]] - last[[s]]) / first[[s]])
  for (week in c(0, 16, 32, 52)) {
    at <- subset(d, visit == week); high <- at$ldh[match(first$patient, at$patient)] >= 250
    keep("table4", "ldh", week, "n low", sum(!high, na.rm = TRUE))
    keep("table4", "ldh", week, "n high", sum(high, na.rm = TRUE))
    for (s in scores) {
      test <- t.test(change[, s] ~ high)
      keep("table4", s, week, "mean low", test$estimate[1])
      keep("table4", s, week, "mean high", test$estimate[2])
      keep("table4", s, week, "p_value", test$p.value)
    }
  }
  # EASI in whole tenths: 90 % of a decimal fraction is not exact in floating point.
  base <- round(10 * first$easi); fall <- base - round(10 * last$easi)
  terms <- with(first, data.frame(age_over_30 = age > 30, female, adult_onset, concomitant, prior_cyclosporine))
  cuts <- list(ige_gt_100 = function(at) at$ige > 100, tec_gt_500 = function(at) at$tec > 500,
               ldh_ge_250 = function(at) at$ldh >= 250)
  for (cut in names(cuts)) for (week in c(0, 16, 32, 52)) {
    at <- subset(d, visit == week)
    terms[[paste0(cut, "_w", week)]] <- cuts[[cut]](at[match(first$patient, at$patient), ])
  }
  for (term in names(terms)) {
    e <- na.omit(data.frame(y = as.numeric(100 * fall >= 90 * base), x = as.numeric(terms[[term]]), easi = first$easi))
    # The interval as confint prints it; estimate and error from the maximum itself (a tighter rule).
    ci <- suppressMessages(confint(glm(y ~ x + easi, binomial, e)))["x", ]
    tight <- summary(glm(y ~ x + easi, binomial, e, epsilon = 1e-14, maxit = 100))$coefficients["x", ]
    keep("table5", term, 52, "odds_ratio", exp(tight["Estimate"]))
    keep("table5", term, 52, "ci_low", exp(ci[1]))
    keep("table5", term, 52, "ci_high", exp(ci[2]))
    keep("table5", term, 52, "p_value", tight["Pr(>|z|)"])
  }
  for (i in 1:3) for (j in (i + 1):4)
    keep("fig2", paste0(scores[i], "~", scores[j]), 52, "correlation", cor(last[[scores[i]]], last[[scores[j]]]))
}
write.csv(do.call(rbind, rows), "cohorts.csv", row.names = FALSE, quote = FALSE)
