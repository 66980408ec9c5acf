// Covered by tests/rewards/sandbox_test.cc.
#include "rewards/code/box_image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "data/error.h"

asm(".pushsection .rodata\n"
    "hone_box_program_begin: .incbin \"" HONE_BOX_PROGRAM
    "\"\n"
    "hone_box_program_end:\n"
    ".popsection\n");

extern "C" const char hone_box_program_begin[], hone_box_program_end[];

namespace hone {

std::string_view BoxProgram() {
  return {hone_box_program_begin, static_cast<size_t>(hone_box_program_end - hone_box_program_begin)};
}

Descriptor MakeBoxImage() {
  Descriptor image(memfd_create("hone-box", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const char* next = hone_box_program_begin;
  while (image.get() != -1 && next != hone_box_program_end) {
    const ssize_t wrote = write(image.get(), next, static_cast<size_t>(hone_box_program_end - next));
    if (wrote <= 0) break;
    next += wrote;
  }
  if (next != hone_box_program_end ||
      fcntl(image.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
    throw Error(std::string("no file in memory for the sandbox's program: ") + std::strerror(errno), "", "");
  }
  return image;
}

}  // namespace hone
