# Makes joint_data.csv and joint.csv: nlme::lme of three scores at three visits, patient effects with a
# free covariance, an SD for every score at every visit, one matrix of residual correlations, by ML.
# R 4.2.2; nlme 3.1-162. Run in this folder: Rscript joint.R
suppressMessages(library(nlme))
set.seed(7)
scores <- c("a", "b", "c"); weeks <- c(0, 8, 16)
effect <- diag(c(3, 2, 4)) %*% matrix(c(1, .6, -.2, .6, 1, .3, -.2, .3, 1), 3) %*% diag(c(3, 2, 4))
within <- chol(matrix(c(1, .5, .1, .5, 1, .4, .1, .4, 1), 3))
sigma <- rbind(c(2, 3, 1), c(4, 2, 2), c(3, 1.5, 5))  # visits in rows
rows <- list()
for (i in 1:60) {
  b <- drop(rnorm(3) %*% chol(effect))
  for (t in 1:3) {
    y <- c(20, 10, 30) - c(0, 4, 6)[t] + b + sigma[t, ] * drop(rnorm(3) %*% within)
    rows[[length(rows) + 1]] <- data.frame(patient = sprintf("p%02d", i), week = weeks[t], t(round(y, 3)))
  }
}
wide <- do.call(rbind, rows); names(wide)[3:5] <- scores
gaps <- matrix(runif(nrow(wide) * 3) < 0.12, ncol = 3)
for (j in 1:3) wide[gaps[, j], scores[j]] <- NA
write.csv(wide, "joint_data.csv", row.names = FALSE, quote = FALSE, na = "")
L <- reshape(wide, direction = "long", varying = scores, v.names = "value", timevar = "k", times = 1:3,
  idvar = c("patient", "week"))
L <- L[!is.na(L$value), ]
L$score <- factor(scores[L$k], scores); L$visit <- factor(L$week)
L$cell <- factor(paste(L$week, L$score, sep = "_")); L <- L[order(L$patient, L$week, L$k), ]
g <- lme(value ~ 0 + score:visit, L, random = list(patient = pdSymm(~ 0 + score)),
  correlation = corSymm(form = ~ k | patient/visit), weights = varIdent(form = ~ 1 | cell), method = "ML",
  control = lmeControl(opt = "nlminb", maxIter = 500, msMaxIter = 2000, niterEM = 100, tolerance = 1e-9, msTol = 1e-11))
D <- as.matrix(getVarCov(g)); s <- coef(g$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE) * g$sigma
r <- coef(g$modelStruct$corStruct, unconstrained = FALSE); C <- cov2cor(D)
out <- data.frame(term = c("log_likelihood", names(fixef(g)), paste0("effect_sd_", scores),
    paste0("effect_correlation_", 1:3), paste0("sigma_", names(s)), paste0("residual_correlation_", 1:3)),
  estimate = c(as.numeric(logLik(g)), fixef(g), sqrt(diag(D)), C[lower.tri(C)], s, r))
write.csv(format(out, digits = 15), "joint.csv", row.names = FALSE, quote = FALSE)
