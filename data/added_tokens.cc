// See added_tokens.h. A trie over bytes; the flags mean what they mean in Hugging Face's `tokenizers`.
#include "data/added_tokens.h"

#include <algorithm>

#include "data/utf8.h"

namespace hone {

namespace {

uint64_t Edge(uint32_t node, char byte) { return uint64_t{node} << 8 | static_cast<unsigned char>(byte); }

// Where the character begins that ends before `at` > 0.
size_t Before(std::string_view text, size_t at) {
  size_t begin = at - 1;
  while (begin > 0 && at - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) --begin;
  return begin;
}

}  // namespace

AddedTokenMatcher::AddedTokenMatcher() : token_at_{-1} {
  for (const char* name : {"Alphabetic", "M", "Nd", "Pc"}) word_.Add(*CodePoints::Named(name));
  word_.Add(CodePoints(0x200c, 0x200d));  // the joiners, as `\w` has them
  space_ = *CodePoints::Named("Space");
}

void AddedTokenMatcher::Add(const AddedToken& token, std::string_view form) {
  uint32_t node = 0;
  begins_[static_cast<unsigned char>(form[0])] = true;
  for (const char byte : form) {
    const auto [it, fresh] = children_.emplace(Edge(node, byte), static_cast<uint32_t>(token_at_.size()));
    if (fresh) token_at_.push_back(-1);
    node = it->second;
  }
  if (token_at_[node] >= 0) return;
  token_at_[node] = static_cast<int32_t>(tokens_.size());
  tokens_.push_back(token);
}

const AddedToken* AddedTokenMatcher::MatchAt(std::string_view text, size_t at, size_t& end) const {
  const AddedToken* longest = nullptr;
  uint32_t node = 0;
  for (size_t i = at; i < text.size();) {
    const auto child = children_.find(Edge(node, text[i++]));
    if (child == children_.end()) break;
    node = child->second;
    if (token_at_[node] < 0) continue;
    longest = &tokens_[token_at_[node]];
    end = i;
  }
  return longest;
}

bool AddedTokenMatcher::InsideWord(std::string_view text, size_t begin, size_t end) const {
  return (begin > 0 && word_.Has(NextUtf8(text, Before(text, begin)).code_point)) ||
         (end < text.size() && word_.Has(NextUtf8(text, end).code_point));
}

void AddedTokenMatcher::Split(std::string_view text, std::vector<Part>& out) const {
  size_t done = 0;  // everything before is in a part
  for (size_t at = 0; at < text.size();) {
    size_t match_end = 0;
    const AddedToken* token =
        begins_[static_cast<unsigned char>(text[at])] ? MatchAt(text, at, match_end) : nullptr;
    if (token == nullptr) {
      ++at;
      continue;
    }
    size_t begin = at, end = match_end;
    at = match_end;
    if (begin < done) continue;  // among the blanks that a token before has taken
    if (token->single_word && InsideWord(text, begin, end)) continue;
    while (token->lstrip && begin > done && space_.Has(NextUtf8(text, Before(text, begin)).code_point))
      begin = Before(text, begin);
    while (token->rstrip && end < text.size() && space_.Has(NextUtf8(text, end).code_point))
      end += NextUtf8(text, end).size;
    if (begin > done) out.push_back({text.substr(done, begin - done), nullptr});
    out.push_back({text.substr(begin, end - begin), token});
    done = end;
  }
  if (done < text.size()) out.push_back({text.substr(done), nullptr});
}

}  // namespace hone
