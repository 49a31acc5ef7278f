# Makes mmrm.csv: gls with an SD a visit and a correlation a pair (corSymm, varIdent), by ML and REML.
# R 4.2.2; nlme 3.1-162. Run in this folder: Rscript mmrm.R DATA, with DATA the folder of btheb_long.csv.
suppressMessages(library(nlme))
L <- read.csv(file.path(commandArgs(trailingOnly = TRUE)[1], "btheb_long.csv"))
L <- L[!is.na(L$bdi), ]; L$vi <- as.integer(factor(L$visit))
rows <- list()
for (method in c("ML", "REML")) {
  g <- gls(bdi ~ 0 + visit, L, correlation = corSymm(form = ~ vi | subject), weights = varIdent(form = ~ 1 | visit),
    method = method, control = glsControl(opt = "nlminb", maxIter = 500, msMaxIter = 500, tolerance = 1e-10, msTol = 1e-12))
  s <- coef(g$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE) * g$sigma
  s <- s[sort(names(s))]
  r <- coef(g$modelStruct$corStruct, unconstrained = FALSE)
  rows[[method]] <- data.frame(method = method, log_likelihood = as.numeric(logLik(g)),
    term = c(names(coef(g)), paste0("sigma_", names(s)), paste0("correlation_", 1:6)),
    estimate = c(coef(g), s, r), se = c(sqrt(diag(vcov(g))), rep(NA, 10)))
}
write.csv(format(do.call(rbind, rows), digits = 15), "mmrm.csv", row.names = FALSE, quote = FALSE)
