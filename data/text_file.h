// Whole files in and out: a read that explains its failure, and a write that is either complete on the disk
// or absent. Covered by tests/data/text_file_test.cc.
#ifndef HONE_DATA_TEXT_FILE_H_
#define HONE_DATA_TEXT_FILE_H_

#include <functional>
#include <string>
#include <string_view>

#include "data/error.h"

namespace hone {

// The Error for a failed system call: "PATH: cannot ACTION: ERRNO TEXT; REMEDY". `action` is a verb, e.g.
// "read".
Error SystemError(const std::string& action, const std::string& path, int error_number);

// The bytes of a file. Error if it is missing, a directory or unreadable.
std::string ReadFile(const std::string& path);
// The same for a file of a model's directory; Error for anything but a regular file, as reading a pipe might never end.
std::string ReadRegularFile(const std::string& path);

// Visits the lines of a file that hold more than blanks, in order, without their ends, one in memory at a time; `where` is
// "PATH:NUMBER", from 1. Error as ReadFile.
void ForEachLine(const std::string& path,
                 const std::function<void(std::string_view line, const std::string& where)>& visit);

// Writes `bytes` to a temporary file beside `path`, flushes it to the disk and renames it over `path`, so
// that a crash leaves the old file or the new one. Error on failure (disk full included): the old file is
// untouched and the temporary one is gone.
void WriteFileAtomic(const std::string& path, std::string_view bytes);

}  // namespace hone

#endif  // HONE_DATA_TEXT_FILE_H_
