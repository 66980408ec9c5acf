// In a fuzz program whose inputs are small: any large allocation is a fault. Included once.
#ifndef HONE_TESTS_FUZZ_BOUNDED_NEW_H_
#define HONE_TESTS_FUZZ_BOUNDED_NEW_H_

#include <cstdlib>
#include <new>

#include "tests/fuzz/driver.h"

void* operator new(std::size_t size) {
  Require(size < (std::size_t{64} << 20), "an allocation is small");
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

#endif  // HONE_TESTS_FUZZ_BOUNDED_NEW_H_
