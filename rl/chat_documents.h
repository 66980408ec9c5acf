// Conversations to training sequences in which the assistant's turns are learnt. Covered by tests/rl/chat_documents_test.cc.
#ifndef HONE_RL_CHAT_DOCUMENTS_H_
#define HONE_RL_CHAT_DOCUMENTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "data/chat_template.h"
#include "data/tokenizer.h"
#include "rl/configs.h"
#include "rl/packing.h"

namespace hone {

// How a model reads and writes conversations. References all of it.
struct ChatFormat {
  const ChatTemplate& chat;
  const Tokenizer& tokenizer;
  const std::vector<int32_t>& stop_ids;
};

// What is learnt of an assistant's turn is what the model would generate there: from the end of its prompt (the turns before it, with the
// generation prompt) through the first token that ends generation, which is encoded apart from the prompt. A turn whose prompt, as the
// template writes it, does not begin with the tokens of the turns before it (because the template drops their reasoning, say) opens
// a sequence of its own. Reasoning of the learnt turn that the template drops is put back where the prompt opens it (`<think>`).
// With LossOn::kAll every token is learnt. Error naming `where` for a conversation without an assistant's turn, for a template that
// drops reasoning otherwise or ends a turn with no token that ends generation, and as ChatTemplate::Render and Tokenizer::Encode.
std::vector<TrainingSequence> ChatDocuments(const ChatInput& conversation, const ChatFormat& format,
                                            LossOn loss_on, const std::string& where);

}  // namespace hone

#endif  // HONE_RL_CHAT_DOCUMENTS_H_
