// The C behind a submission that calls its function. Covered by tests/rewards/judge_test.cc.
#include "rewards/code/call_harness.h"

namespace hone {

// What reads a parameter and writes the result is chosen by the compiler from the type, so that typedefs are no matter. __read and __write are glibc's names
// that programs do not take.
const char* const kCallTailC = R"c(
long hone_read(int, void*, unsigned long) __asm__("__read");
long hone_write(int, const void*, unsigned long) __asm__("__write");
void hone_exit(int) __asm__("_exit");
float hone_strtof(const char*, char**) __asm__("strtof");
double hone_strtod(const char*, char**) __asm__("strtod");
long double hone_strtold(const char*, char**) __asm__("strtold");
#define HONE_PARSE(type) _Generic((type)0, float: hone_strtof, double: hone_strtod, long double: hone_strtold)
static char *hone_at, *hone_nonce, *hone_out;
static unsigned long hone_size;

static void hone_refuse(const char* why) {
  char frame[512];
  int n = __builtin_snprintf(frame, sizeof frame, "%s %lu\n!%s\n%s done\n", hone_nonce,
                             1 + (unsigned long)__builtin_strlen(why), why, hone_nonce);
  hone_write(3, frame, (unsigned long)n);
  for (;;) hone_exit(1);
}
static void hone_add(const char* text, unsigned long n) {
  hone_out = __builtin_realloc(hone_out, hone_size + n + 1);
  if (!hone_out) hone_refuse("no memory for the result");
  __builtin_memcpy(hone_out + hone_size, text, n);
  hone_size += n;
  hone_out[hone_size] = 0;
}
static void hone_skip(void) { while (*hone_at == ' ' || *hone_at == ',') ++hone_at; }
static _Bool hone_take(char c) {
  hone_skip();
  if (*hone_at != c) return 0;
  ++hone_at;
  return 1;
}
static _Bool hone_word(const char* word) {
  hone_skip();
  unsigned long n = __builtin_strlen(word);
  if (__builtin_strncmp(hone_at, word, n) != 0) return 0;
  hone_at += n;
  return 1;
}
static unsigned hone_hex4(void) {
  unsigned code = 0;
  for (int i = 0; i < 4; ++i, ++hone_at)
    code = 16 * code + (unsigned)(*hone_at <= '9' ? *hone_at - '0' : (*hone_at | 32) - 'a' + 10);
  return code;
}
static char* hone_utf8(char* to, unsigned code) {
  if (code < 0x80) { *to++ = (char)code; return to; }
  if (code < 0x800) { *to++ = (char)(0xC0 | code >> 6); }
  else {
    if (code < 0x10000) { *to++ = (char)(0xE0 | code >> 12); }
    else { *to++ = (char)(0xF0 | code >> 18); *to++ = (char)(0x80 | (code >> 12 & 63)); }
    *to++ = (char)(0x80 | (code >> 6 & 63));
  }
  *to++ = (char)(0x80 | (code & 63));
  return to;
}
/* In place: an escape is never shorter than what it stands for. */
static char* hone_read_text(void) {
  if (hone_word("null")) return 0;
  if (!hone_take('"')) hone_refuse("an argument is not a string");
  char *text = hone_at, *to = hone_at;
  for (; *hone_at != '"'; ++hone_at) {
    if (*hone_at != '\\') { *to++ = *hone_at; continue; }
    char c = *++hone_at;
    if (c == 'u') {
      ++hone_at;
      unsigned code = hone_hex4();
      if (code >= 0xD800 && code < 0xDC00) { hone_at += 2; code = 0x10000 + ((code - 0xD800) << 10) + (hone_hex4() - 0xDC00); }
      to = hone_utf8(to, code);
      --hone_at;
    } else {
      *to++ = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == 'f' ? '\f' : c;
    }
  }
  ++hone_at;
  *to = 0;
  return text;
}
static __int128 hone_read_integer(void) {
  hone_skip();
  _Bool negative = *hone_at == '-';
  if (negative) ++hone_at;
  if (*hone_at < '0' || *hone_at > '9') hone_refuse("an argument is not an integer");
  __int128 n = 0, cap = (__int128)1 << 100;
  for (; *hone_at >= '0' && *hone_at <= '9'; ++hone_at) n = n < cap ? 10 * n + (*hone_at - '0') : cap;
  if (*hone_at == '.' || *hone_at == 'e' || *hone_at == 'E') hone_refuse("an argument is not an integer");
  return negative ? -n : n;
}
static _Bool hone_read_flag(void) {
  if (hone_word("true")) return 1;
  if (hone_word("false")) return 0;
  hone_refuse("an argument is not a bool");
  return 0;
}
static char hone_read_char(void) {
  hone_skip();
  if (*hone_at != '"') return (char)hone_read_integer();
  char* text = hone_read_text();
  if (__builtin_strlen(text) != 1) hone_refuse("an argument is not one character");
  return text[0];
}
/* Each kind of value: what reads one, a list and a list of lists, and what writes one and a list that was read. */
#define HONE_INTEGER(type, name)                                       \
  static type hone_read_##name(void) {                                 \
    __int128 n = hone_read_integer();                                  \
    if ((__int128)(type)n != n) hone_refuse("an argument does not fit its type"); \
    return (type)n;                                                    \
  }
#define HONE_FLOATING(type, name, parse)                               \
  static type hone_read_##name(void) {                                 \
    char* end;                                                         \
    hone_skip();                                                       \
    type value = parse(hone_at, &end);                                 \
    if (end == hone_at || *hone_at == 'n') hone_refuse("an argument is not a number"); \
    hone_at = end;                                                     \
    return value;                                                      \
  }
static struct { const void* items; unsigned long size; } hone_lists[64];
static int hone_list_count;
static void hone_remember(const void* items, unsigned long size) {
  if (hone_list_count == 64) return;
  hone_lists[hone_list_count].items = items;
  hone_lists[hone_list_count++].size = size;
}
#define HONE_LIST(type, name, item)                                    \
  static type* hone_read_##name(void) {                                \
    if (hone_word("null")) return 0;                                   \
    unsigned long size = 0, capacity = 16;                             \
    type* items = __builtin_calloc(capacity, sizeof(type));            \
    if (!hone_take('[')) hone_refuse("an argument is not a list");     \
    while (!hone_take(']')) {                                          \
      if (size + 1 == capacity) items = __builtin_realloc(items, (capacity *= 2) * sizeof(type)); \
      if (!items) hone_refuse("no memory for an argument");            \
      items[size++] = hone_read_##item();                              \
    }                                                                  \
    hone_remember(items, size);                                        \
    return items;                                                      \
  }
#define HONE_KINDS(X)                                                  \
  X(_Bool, flag) X(signed char, schar) X(unsigned char, uchar) X(short, short) X(unsigned short, ushort) \
  X(int, int) X(unsigned, uint) X(long, long) X(unsigned long, ulong) X(long long, llong)                \
  X(unsigned long long, ullong) X(float, float) X(double, double) X(long double, ldouble)
HONE_INTEGER(signed char, schar) HONE_INTEGER(unsigned char, uchar)
HONE_INTEGER(short, short) HONE_INTEGER(unsigned short, ushort)
HONE_INTEGER(int, int) HONE_INTEGER(unsigned, uint) HONE_INTEGER(long, long)
HONE_INTEGER(unsigned long, ulong) HONE_INTEGER(long long, llong) HONE_INTEGER(unsigned long long, ullong)
HONE_FLOATING(float, float, hone_strtof) HONE_FLOATING(double, double, hone_strtod)
HONE_FLOATING(long double, ldouble, hone_strtold)
#define HONE_LISTS(type, name) HONE_LIST(type, name##_list, name) HONE_LIST(type*, name##_lists, name##_list)
HONE_KINDS(HONE_LISTS)
HONE_LIST(char*, text_list, text)
#define HONE_READ_KIND(type, name) type: hone_read_##name, type*: hone_read_##name##_list,    \
  const type*: hone_read_##name##_list, type**: hone_read_##name##_lists, const type**: hone_read_##name##_lists,
#define HONE_READ(type) _Generic((type){0}, HONE_KINDS(HONE_READ_KIND) char: hone_read_char,  \
  char**: hone_read_text_list, const char**: hone_read_text_list, char*: hone_read_text, const char*: hone_read_text)()

static void hone_write_text(const char* text) {
  if (!text) { hone_add("null", 4); return; }
  hone_add("\"", 1);
  for (; *text; ++text) {
    char escape[8];
    unsigned char c = (unsigned char)*text;
    int n = c == '"' || c == '\\' ? __builtin_snprintf(escape, sizeof escape, "\\%c", c)
            : c < 32              ? __builtin_snprintf(escape, sizeof escape, "\\u%04x", c)
                                  : __builtin_snprintf(escape, sizeof escape, "%c", c);
    hone_add(escape, (unsigned long)n);
  }
  hone_add("\"", 1);
}
static void hone_write_char(char c) { char text[2] = {c, 0}; hone_write_text(text); }
static void hone_write_bool(_Bool b) { hone_add(b ? "true" : "false", b ? 4 : 5); }
static void hone_write_integer(long long n) {
  char text[32];
  hone_add(text, (unsigned long)__builtin_snprintf(text, sizeof text, "%lld", n));
}
static void hone_write_unsigned(unsigned long long n) {
  char text[32];
  hone_add(text, (unsigned long)__builtin_snprintf(text, sizeof text, "%llu", n));
}
/* The shortest decimal that reads back as the same number of its type. */
#define HONE_WRITE_FLOATING(type, name)                                              \
  static void name(type value) {                                                     \
    char text[64];                                                                   \
    if (value != value) { hone_add("{\"f\":\"nan\"}", 11); return; }                 \
    if (value - value != 0) { hone_add(value > 0 ? "{\"f\":\"inf\"}" : "{\"f\":\"-inf\"}", value > 0 ? 11 : 12); return; } \
    for (int digits = 1; digits <= 21; ++digits) {                                   \
      __builtin_snprintf(text, sizeof text, "%.*Lg", digits, (long double)value);    \
      if (HONE_PARSE(type)(text, 0) == value) break;                          \
    }                                                                                \
    hone_add(text, __builtin_strlen(text));                                          \
    if (!__builtin_strpbrk(text, ".e")) hone_add(".0", 2);                           \
  }
HONE_WRITE_FLOATING(float, hone_write_float)
HONE_WRITE_FLOATING(double, hone_write_double)
HONE_WRITE_FLOATING(long double, hone_write_long_double)
#define HONE_WRITE_WITH(X)                                             \
  X(_Bool, bool) X(signed char, integer) X(short, integer) X(int, integer) X(long, integer)      \
  X(long long, integer) X(unsigned char, unsigned) X(unsigned short, unsigned) X(unsigned, unsigned) \
  X(unsigned long, unsigned) X(unsigned long long, unsigned) X(float, float) X(double, double)       \
  X(long double, long_double)
#define HONE_WRITE_KIND(type, name) type: hone_write_##name,
#define HONE_WRITE(value) _Generic((value), HONE_WRITE_WITH(HONE_WRITE_KIND) char: hone_write_char, \
  char*: hone_write_text, const char*: hone_write_text)(value)

/* A function that returns nothing is judged by the first argument that it can change. */
static _Bool hone_changed;
#define HONE_CHANGED_LIST(type, name, write)                           \
  static void hone_changed_##name(int zero, type* items) {             \
    unsigned long size = 0;                                            \
    for (int i = 0; i < hone_list_count; ++i)                          \
      if (hone_lists[i].items == items) size = hone_lists[i].size;     \
    hone_add("[", 1);                                                  \
    for (unsigned long i = 0; i < size; ++i) {                         \
      if (i) hone_add(",", 1);                                         \
      write(items[i]);                                                 \
    }                                                                  \
    hone_add("]", 1);                                                  \
    hone_changed = 1;                                                  \
  }
#define HONE_CHANGED_KIND(type, name) HONE_CHANGED_LIST(type, name, HONE_WRITE)
HONE_KINDS(HONE_CHANGED_KIND)
HONE_CHANGED_LIST(char*, texts, hone_write_text)
static void hone_changed_text(int zero, char* text) { hone_write_text(text); hone_changed = 1; }
static void hone_changed_nothing(int zero, ...) {}
#define HONE_CHANGED_CASE(type, name) type*: hone_changed_##name,
#define HONE_CHANGED(value) if (!hone_changed) _Generic((value), HONE_KINDS(HONE_CHANGED_CASE) char*: hone_changed_text, \
  char**: hone_changed_texts, default: hone_changed_nothing)(0, value)

static void hone_begin(void) {
  unsigned long size = 0, capacity = 65536;
  char* request = __builtin_malloc(capacity);
  for (long n; (n = hone_read(0, request + size, capacity - size - 1)) > 0;) {
    size += (unsigned long)n;
    if (capacity - size < 4096) request = __builtin_realloc(request, capacity *= 2);
  }
  request[size] = 0;
  hone_nonce = hone_at = request;
  for (int line = 0; line < 2; ++line) {
    while (*hone_at && *hone_at != '\n') ++hone_at;
    if (*hone_at) *hone_at++ = 0;
  }
  if (!hone_take('[')) hone_refuse("no arguments");
}
static void hone_put(const char* text, unsigned long size) {
  while (size > 0) {
    long n = hone_write(3, text, size);
    if (n <= 0) hone_refuse("the result cannot be sent");
    text += n;
    size -= (unsigned long)n;
  }
}
static void hone_send(void) {
  char head[80], tail[80];
  hone_put(head, (unsigned long)__builtin_snprintf(head, sizeof head, "%s %lu\n", hone_nonce, hone_size));
  hone_put(hone_out, hone_size);
  hone_put(tail, (unsigned long)__builtin_snprintf(tail, sizeof tail, "\n%s done\n", hone_nonce));
  for (;;) hone_exit(0);
}
)c";

}  // namespace hone
