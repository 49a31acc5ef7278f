# Makes logistic.csv (estimates, standard errors, MASS profile intervals), logistic_data.csv (the data
# sets themselves), firth.csv (mean bias reduction), separated.csv (endometrial with NV, which
# separates: the lower limit of NV by uniroot, the others by confint) and spline.csv (spline, "fmm").
# R 4.2.2; MASS 7.3-58.2 (profile.glm as in 7.3-51); brglm2 0.9. Run: Rscript logistic.R, in this folder.
# The endometrial data come with brglm2 (Heinze and Schemper 2002, doi:10.1002/sim.1047).
suppressMessages({library(MASS); library(brglm2)})
data("endometrial", package = "brglm2")
set.seed(20)
make <- function(n, slopes, intercept, draw) {
  x <- draw(n)
  eta <- intercept + as.vector(x %*% slopes)
  data.frame(y = rbinom(n, 1, plogis(eta)), x)
}
binary <- function(p) function(n) sapply(p, function(q) rbinom(n, 1, q))
sets <- list()
# Eight slopes on 73 rows: six binary predictors, a skewed score and a second binary one
sets$eight <- make(73, c(.8, -1.2, .4, -.3, .6, -.9, -1.1, .05), -.8, function(n)
  cbind(binary(c(.45, .3, .07, .17, .53, .4, .57))(n), round(16 + rgamma(n, 1.5, scale = 9), 1)))
names(sets$eight) <- c("y", paste0("x", 1:8))
# Nearly separated: one exception among the six exposed
sets$near <- data.frame(y = c(rep(0, 5), 1, rep(0:1, c(22, 43))), x1 = rep(1:0, c(6, 65)),
                        x2 = round(16 + rgamma(71, 1.5, scale = 9), 1))
# Asymmetric: a rare event and a skewed predictor on a large scale
sets$skewed <- local({x <- round(exp(rnorm(99, 6, 1.3))); data.frame(y = rbinom(99, 1, plogis(-3 + .0012 * x)), x1 = x)})
# An intercept alone, and no intercept
sets$one <- data.frame(y = rep(0:1, c(8, 74)))
sets$cell <- data.frame(y = c(rep(0:1, c(30, 3)), rep(0:1, c(12, 40))), a = rep(1:0, c(33, 52)), b = rep(0:1, c(33, 52)))
sets$endometrial <- data.frame(y = endometrial$HG, x1 = endometrial$PI, x2 = endometrial$EH)
rows <- list()
for (s in names(sets)) for (level in c(.9, .95)) {
  d <- sets[[s]]
  f <- if (s == "one") y ~ 1 else if (s == "cell") y ~ 0 + a + b else y ~ .
  m <- glm(f, binomial, d)
  # summary.glm takes its weights one iteration early; the standard error at the maximum needs a tighter rule
  tight <- glm(f, binomial, d, epsilon = 1e-14, maxit = 100)
  ci <- matrix(suppressMessages(confint(m, level = level)), ncol = 2)
  rows[[length(rows) + 1]] <- data.frame(set = s, level, term = names(coef(m)), estimate = coef(tight),
    se = sqrt(diag(vcov(tight))), se_default = sqrt(diag(vcov(m))), low = ci[, 1], high = ci[, 2])
}
write.csv(format(do.call(rbind, rows), digits = 15), "logistic.csv", row.names = FALSE, quote = FALSE)
long <- do.call(rbind, lapply(names(sets), function(s) {
  d <- sets[[s]]; x <- as.matrix(d)
  data.frame(set = s, row = rep(seq_len(nrow(d)), ncol(d)), column = rep(names(d), each = nrow(d)), value = as.vector(x))}))
write.csv(long, "logistic_data.csv", row.names = FALSE, quote = FALSE)
b <- glm(HG ~ NV + PI + EH, binomial, endometrial, method = "brglmFit", type = "AS_mean", epsilon = 1e-12, maxit = 1000)
b2 <- glm(y ~ ., binomial, sets$eight, method = "brglmFit", type = "AS_mean", epsilon = 1e-12, maxit = 1000)
firth <- rbind(data.frame(set = "endometrial_nv", term = names(coef(b)), estimate = coef(b)),
               data.frame(set = "eight", term = names(coef(b2)), estimate = coef(b2)))
write.csv(format(firth, digits = 15), "firth.csv", row.names = FALSE, quote = FALSE)
write.csv(data.frame(NV = endometrial$NV, PI = endometrial$PI, EH = endometrial$EH, HG = endometrial$HG), "endometrial.csv", row.names = FALSE, quote = FALSE)
x <- c(-3, -2.2, -.4, .1, 1.7, 4); y <- c(2, -1, .5, .3, 3, 2.5)
out <- spline(x, y, n = 18)
write.csv(format(as.data.frame(out), digits = 15), "spline.csv", row.names = FALSE, quote = FALSE)

# HG ~ NV + PI + EH: as NV grows the deviance tends to that of the rows with NV = 0
inner <- glm(HG ~ PI + EH, binomial, endometrial, subset = NV == 0, epsilon = 1e-14, maxit = 100)
over <- function(value) deviance(glm(HG ~ PI + EH, binomial, endometrial, offset = value * NV, epsilon = 1e-12, maxit = 100)) - deviance(inner) - qchisq(.95, 1)
ci <- suppressMessages(confint(inner))
out <- data.frame(term = c("NV", names(coef(inner))), estimate = c(Inf, coef(inner)), se = c(Inf, sqrt(diag(vcov(inner)))),
  low = c(uniroot(over, c(-5, 5), tol = 1e-12)$root, ci[, 1]), high = c(Inf, ci[, 2]))
write.csv(format(out, digits = 15), "separated.csv", row.names = FALSE, quote = FALSE)
