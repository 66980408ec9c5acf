/* Calcium behind a C interface. Covered by tests/rewards/math_exact_test.cc. */
#include "rewards/math/calcium_bridge.h"

#include <ca.h>
#include <stdlib.h>

enum { kStackSize = 32 };

struct HoneCalcium {
  ca_ctx_t ctx;
  int size;
  ca_t stack[kStackSize];
};

HoneCalcium* HoneCalciumNew(void) {
  HoneCalcium* c = malloc(sizeof(HoneCalcium));
  if (c == NULL) abort();
  ca_ctx_init(c->ctx);
  ca_ctx_set_option(c->ctx, CA_OPT_PREC_LIMIT, 256);
  ca_ctx_set_option(c->ctx, CA_OPT_QQBAR_DEG_LIMIT, 16);
  ca_ctx_set_option(c->ctx, CA_OPT_SMOOTH_LIMIT, 16);
  ca_ctx_set_option(c->ctx, CA_OPT_LLL_PREC, 64);
  ca_ctx_set_option(c->ctx, CA_OPT_POW_LIMIT, 8);
  ca_ctx_set_option(c->ctx, CA_OPT_GROEBNER_LENGTH_LIMIT, 8);
  ca_ctx_set_option(c->ctx, CA_OPT_GROEBNER_POLY_LENGTH_LIMIT, 40);
  ca_ctx_set_option(c->ctx, CA_OPT_GROEBNER_POLY_BITS_LIMIT, 512);
  ca_ctx_set_option(c->ctx, CA_OPT_VIETA_LIMIT, 3);
  c->size = 0;
  return c;
}

void HoneCalciumFree(HoneCalcium* c) {
  while (c->size > 0) ca_clear(c->stack[--c->size], c->ctx);
  ca_ctx_clear(c->ctx);
  free(c);
}

static ca_struct* Top(HoneCalcium* c) { return c->stack[c->size - 1]; }

/* A new top of zero; NULL when the stack is full. */
static ca_struct* Grow(HoneCalcium* c) {
  if (c->size == kStackSize) return NULL;
  ca_init(c->stack[c->size], c->ctx);
  return c->stack[c->size++];
}

/* Infinities, undefined values and unknowns are all "special". */
static int IsNumber(HoneCalcium* c) { return !CA_IS_SPECIAL(Top(c)); }

int HoneCalciumPush(HoneCalcium* c, const fmpq_t value) {
  ca_struct* top = Grow(c);
  if (top == NULL) return 0;
  ca_set_fmpq(top, value, c->ctx);
  return 1;
}

int HoneCalciumPower(HoneCalcium* c, const fmpq_t exponent) {
  if (c->size < 1) return 0;
  ca_pow_fmpq(Top(c), Top(c), exponent, c->ctx);
  return IsNumber(c);
}

static int PushConstant(HoneCalcium* c, enum HoneCalciumOp op) {
  ca_struct* top = Grow(c);
  if (top == NULL) return 0;
  if (op == HONE_CA_PI) {
    ca_pi(top, c->ctx);
  } else if (op == HONE_CA_I) {
    ca_i(top, c->ctx);
  } else {
    ca_one(top, c->ctx);
    ca_exp(top, top, c->ctx);
  }
  return 1;
}

static int ApplyBinary(HoneCalcium* c, enum HoneCalciumOp op) {
  if (c->size < 2) return 0;
  ca_struct* left = c->stack[c->size - 2];
  ca_struct* right = c->stack[c->size - 1];
  if (op == HONE_CA_ADD) ca_add(left, left, right, c->ctx);
  if (op == HONE_CA_SUBTRACT) ca_sub(left, left, right, c->ctx);
  if (op == HONE_CA_MULTIPLY) ca_mul(left, left, right, c->ctx);
  if (op == HONE_CA_DIVIDE) ca_div(left, left, right, c->ctx);
  ca_clear(right, c->ctx);
  --c->size;
  return IsNumber(c);
}

/* acos x = pi/2 - asin x */
static void ArcCosine(ca_t x, ca_ctx_t ctx) {
  ca_t half_pi;
  ca_init(half_pi, ctx);
  ca_pi(half_pi, ctx);
  ca_div_ui(half_pi, half_pi, 2, ctx);
  ca_asin(x, x, ctx);
  ca_sub(x, half_pi, x, ctx);
  ca_clear(half_pi, ctx);
}

int HoneCalciumApply(HoneCalcium* c, enum HoneCalciumOp op) {
  if (op <= HONE_CA_I) return PushConstant(c, op);
  if (op >= HONE_CA_ADD) return ApplyBinary(c, op);
  if (c->size < 1) return 0;
  ca_struct* x = Top(c);
  switch (op) {
    case HONE_CA_NEGATE:
      ca_neg(x, x, c->ctx);
      break;
    case HONE_CA_SQRT:
      ca_sqrt(x, x, c->ctx);
      break;
    case HONE_CA_EXP:
      ca_exp(x, x, c->ctx);
      break;
    case HONE_CA_LOG:
      ca_log(x, x, c->ctx);
      break;
    case HONE_CA_SIN:
      ca_sin(x, x, c->ctx);
      break;
    case HONE_CA_COS:
      ca_cos(x, x, c->ctx);
      break;
    case HONE_CA_TAN:
      ca_tan(x, x, c->ctx);
      break;
    case HONE_CA_ASIN:
      ca_asin(x, x, c->ctx);
      break;
    case HONE_CA_ACOS:
      ArcCosine(x, c->ctx);
      break;
    case HONE_CA_ATAN:
      ca_atan(x, x, c->ctx);
      break;
    case HONE_CA_ABS:
      ca_abs(x, x, c->ctx);
      break;
    default:
      return 0;
  }
  return IsNumber(c);
}

int HoneCalciumIsZero(HoneCalcium* c) {
  if (c->size < 1) return -1;
  switch (ca_check_is_zero(Top(c), c->ctx)) {
    case T_TRUE:
      return 1;
    case T_FALSE:
      return 0;
    default:
      return -1;
  }
}
