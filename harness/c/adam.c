/* Adam, AdamW and gradient descent in C, for the conformance suite: see docs/guides/protocol.md.

   cc -O2 -ffp-contract=off -o adam adam.c -lm && adamcore smoke --exec ./adam
   Without -ffp-contract=off some compilers fuse a product and a sum into one rounding: still accurate, but no longer
   the canonical bits. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct { /* the optimizer; every element is stored as a double, whatever it is computed in */
    int adam, single, maximize;
    char decay; /* 'c'oupled, 'd'ecoupled or 'i'ndependent */
    double lr, beta1, beta2, eps, weight_decay, *theta, *m, *v;
    uint64_t t;
    long n;
} s;

/* The protocol: keys are unique in a line, and there are no spaces, so that searching for them is enough. */
static const char *value(const char *line, const char *key) {
    char quoted[32];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    line = strstr(line, quoted);
    return line ? line + strlen(quoted) : NULL;
}

static int is(const char *text, const char *word) {
    return text && text[0] == '"' && strncmp(text + 1, word, strlen(word)) == 0 && text[1 + strlen(word)] == '"';
}

static double of_bits(const char *digits, int single) {
    uint64_t bits = strtoull(digits, NULL, 16);
    uint32_t low = (uint32_t)bits;
    double wide;
    float narrow;
    memcpy(&wide, &bits, 8), memcpy(&narrow, &low, 4);
    return single ? narrow : wide;
}

static double hyper(const char *line, const char *key) {
    return (line = value(line, key)) ? of_bits(line + 1, 0) : 0;
}

static double *array(const char *line, const char *key, long *count) { /* zeros if there is none */
    const char *p = value(line, key);
    double *x = calloc((p ? strlen(p) : (size_t)s.n) + 1, sizeof *x); /* more than enough */
    long n = 0;
    while (p && *p && *p != ']')
        if (*p++ == '"') {
            x[n++] = of_bits(p, s.single);
            p = strchr(p, '"') + 1;
        }
    if (count) *count = n;
    return x;
}

static void print(const char *name, const double *x) {
    printf("%s\"%s\":[", name[0] == 't' ? "" : ",", name);
    for (long i = 0; i < s.n; i++) {
        float narrow = (float)x[i];
        uint32_t low;
        uint64_t bits;
        memcpy(&low, &narrow, 4), memcpy(&bits, &x[i], 8);
        s.single ? printf("%s\"%08x\"", i ? "," : "", low)
                 : printf("%s\"%016llx\"", i ? "," : "", (unsigned long long)bits);
    }
    printf("]");
}
/* The optimizer: scalars in double, rounded once; the arrays in float or double. */

static void times(double *h, double *l, double x, double y) { /* (h + l) (x + y) to 100 bits */
    double p = *h * x, e = fma(*h, x, -p) + (*h * y + *l * x);
    *h = p + e, *l = e - (*h - p);
}

static double complement(double beta, uint64_t t) { /* 1 - beta^t, without cancellation */
    double h = 1, l = 0, x = beta, y = 0;
    for (; t; t >>= 1, times(&x, &y, x, y))
        if (t & 1) times(&h, &l, x, y);
    double q = 1 - h;
    return q + (((1 - q) - h) - l);
}

#define STEP(NAME, REAL, SQRT)                                                                                 \
    static void NAME(double lr, const double *grad) {                                                          \
        const REAL b1 = (REAL)s.beta1, w1 = (REAL)(1 - s.beta1), b2 = (REAL)s.beta2, w2 = (REAL)(1 - s.beta2); \
        const REAL alpha = (REAL)(s.adam ? lr / complement(s.beta1, s.t) : lr), eps = (REAL)s.eps;             \
        const REAL r = (REAL)(1 / sqrt(complement(s.beta2, s.t))), coupled = (REAL)s.weight_decay;             \
        const REAL decay = (REAL)(s.decay == 'd' ? lr * s.weight_decay : s.weight_decay);                      \
        for (long i = 0; i < s.n; i++) {                                                                       \
            const REAL x = (REAL)s.theta[i];                                                                   \
            REAL g = (REAL)(s.maximize ? -grad[i] : grad[i]), u;                                               \
            if (s.weight_decay != 0 && s.decay == 'c') g = g + coupled * x;                                    \
            u = -alpha * g;                                                                                    \
            if (s.adam) {                                                                                      \
                const REAL m = b1 * (REAL)s.m[i] + w1 * g, v = b2 * (REAL)s.v[i] + (w2 * g) * g;               \
                const REAL d = SQRT(v) * r + eps;                                                              \
                u = -alpha * (d == 0 ? 0 * m : m / d);                                                         \
                s.m[i] = m, s.v[i] = v;                                                                        \
            }                                                                                                  \
            if (s.weight_decay != 0 && s.decay != 'c') u = u - decay * x;                                      \
            s.theta[i] = u == 0 ? x : x + u; /* no step keeps -0 */                                            \
        }                                                                                                      \
    }
STEP(step_float, float, sqrtf)
STEP(step_double, double, sqrt)

static int load(const char *line) { /* 0 if the rule or the dtype is another's */
    const char *rule = value(line, "rule"), *mode = value(line, "weight_decay_mode"), *up = value(line, "maximize");
    s.adam = is(rule, "adam") || is(rule, "adamw"), s.single = is(value(line, "dtype"), "float32");
    if ((!s.adam && !is(rule, "sgd")) || (!s.single && !is(value(line, "dtype"), "float64"))) return 0;
    free(s.theta), free(s.m), free(s.v);
    s.maximize = up && *up == 't', s.decay = mode ? mode[1] : 'c';
    s.lr = hyper(line, "lr"), s.beta1 = hyper(line, "beta1"), s.beta2 = hyper(line, "beta2");
    s.eps = hyper(line, "eps"), s.weight_decay = hyper(line, "weight_decay");
    s.t = strtoull(value(line, "t"), NULL, 10);
    s.theta = array(line, "theta", &s.n), s.m = array(line, "m", NULL), s.v = array(line, "v", NULL);
    return 1;
}

int main(void) {
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0 && !is(value(line, "cmd"), "stop")) {
        const char *cmd = value(line, "cmd");
        printf("{\"seq\":%ld,", strtol(value(line, "seq"), NULL, 10));
        if (is(cmd, "start"))
            printf("\"protocol\":1,\"name\":\"adam.c\",\"version\":\"1\",\"language\":\"C\",\"claims\":{\"rules\":[\"adam\","
                   "\"adamw\",\"sgd\"],\"hyperparameters\":[\"lr\",\"beta1\",\"beta2\",\"eps\",\"weight_decay\","
                   "\"weight_decay_mode\",\"maximize\"],\"dtypes\":[\"float32\",\"float64\"],\"schedules\":true}}\n");
        else if (is(cmd, "load"))
            printf(load(line) ? "\"ok\":true}\n" : "\"skipped\":true,\"reason\":\"no such rule and dtype here\"}\n");
        else if (is(cmd, "step")) {
            double *grad = array(line, "grad", NULL), lr = value(line, "lr") ? hyper(line, "lr") : s.lr;
            s.t++;
            s.single ? step_float(lr, grad) : step_double(lr, grad);
            free(grad), printf("\"ok\":true}\n");
        } else if (is(cmd, "read")) {
            printf("\"state\":{\"t\":%llu,", (unsigned long long)s.t);
            print("theta", s.theta);
            if (s.adam) print("m", s.m), print("v", s.v);
            printf("}}\n");
        }
        fflush(stdout);
    }
    return 0;
}
