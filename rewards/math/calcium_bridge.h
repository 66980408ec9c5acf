/* Calcium behind a C interface: its own headers are not valid C++. A stack machine on exact complex numbers.
   Covered by tests/rewards/math_exact_test.cc. */
#ifndef HONE_REWARDS_MATH_CALCIUM_BRIDGE_H_
#define HONE_REWARDS_MATH_CALCIUM_BRIDGE_H_

#include <flint/fmpq.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct HoneCalcium HoneCalcium; /* one thread at a time */

enum HoneCalciumOp {
  /* take nothing */
  HONE_CA_PI,
  HONE_CA_E,
  HONE_CA_I,
  /* replace the top */
  HONE_CA_NEGATE,
  HONE_CA_SQRT,
  HONE_CA_EXP,
  HONE_CA_LOG,
  HONE_CA_SIN,
  HONE_CA_COS,
  HONE_CA_TAN,
  HONE_CA_ASIN,
  HONE_CA_ACOS,
  HONE_CA_ATAN,
  HONE_CA_ABS,
  /* replace the two on top by one */
  HONE_CA_ADD,
  HONE_CA_SUBTRACT,
  HONE_CA_MULTIPLY,
  HONE_CA_DIVIDE,
};

/* An empty stack, with limits that keep every operation on small operands below a few milliseconds. */
HoneCalcium* HoneCalciumNew(void);
void HoneCalciumFree(HoneCalcium* calcium);

/* Each returns 0 if the stack has no room, or what would lie on top is no definite number; 1 otherwise. */
int HoneCalciumPush(HoneCalcium* calcium, const fmpq_t value);
int HoneCalciumApply(HoneCalcium* calcium, enum HoneCalciumOp op);
int HoneCalciumPower(HoneCalcium* calcium, const fmpq_t exponent); /* of the top; principal branch */

/* The top: 1 proved zero, 0 proved not zero, -1 neither within the limits. */
int HoneCalciumIsZero(HoneCalcium* calcium);

#ifdef __cplusplus
}
#endif

#endif /* HONE_REWARDS_MATH_CALCIUM_BRIDGE_H_ */
