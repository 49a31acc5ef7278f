# Makes mixed.csv (lme4 REML fits) and boundary.csv (data whose group variance is estimated as zero).
# R 4.2.2; lme4 1.1-31. Run in this folder: Rscript mixed.R DATA, with DATA the folder that holds
# sleepstudy.csv and btheb_long.csv. The tolerances are far below lme4's defaults, which stop at 1e-5.
suppressMessages(library(lme4))
data <- commandArgs(trailingOnly = TRUE)[1]
s <- read.csv(file.path(data, "sleepstudy.csv")); L <- read.csv(file.path(data, "btheb_long.csv"))
L <- L[!is.na(L$bdi), ]
set.seed(4)
b <- data.frame(group = rep(1:40, each = 4), x = rep(0:3, 40)); b$y <- rnorm(160) + .1 * b$x
b$y <- round(b$y - .9 * ave(b$y, b$group), 4)
write.csv(b, "boundary.csv", row.names = FALSE, quote = FALSE)
control <- lmerControl(optimizer = "nloptwrap", optCtrl = list(algorithm = "NLOPT_LN_BOBYQA", xtol_abs = 1e-13, ftol_abs = 1e-13, xtol_rel = 0, ftol_rel = 0, maxeval = 1e5), check.conv.grad = "ignore", check.conv.singular = "ignore")
rows <- list()
add <- function(name, m) {
  v <- as.data.frame(VarCorr(m))$sdcor
  rows[[length(rows) + 1]] <<- data.frame(set = name, term = names(fixef(m)), estimate = fixef(m),
    se = sqrt(diag(as.matrix(vcov(m)))), tau = v[1], sigma = v[2], log_likelihood = as.numeric(logLik(m)))
}
add("sleepstudy", lmer(Reaction ~ Days + (1 | Subject), s, control = control))
add("btheb", lmer(bdi ~ bdi_pre + visit + treatment + (1 | subject), L, control = control))
add("btheb_visits", lmer(bdi ~ 0 + visit + (1 | subject), L, control = control))
add("boundary", lmer(y ~ x + (1 | group), b, control = control))
write.csv(format(do.call(rbind, rows), digits = 15), "mixed.csv", row.names = FALSE, quote = FALSE)
