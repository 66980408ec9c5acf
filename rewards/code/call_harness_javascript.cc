// The JavaScript behind a submission that calls its function. Covered by tests/rewards/judge_test.cc.
#include "rewards/code/call_harness.h"

namespace hone {

// HONE_FUNCTION is put in front as a constant, because only code of the same file sees a submission's names.
const char* const kCallTailJavaScript = R"js(
;(async () => {
  const fs = require('fs');
  const encode = (v) => {
    if (v === null || v === undefined) return 'null';
    switch (typeof v) {
      case 'boolean': return v ? 'true' : 'false';
      case 'bigint': return v.toString();
      case 'string': return JSON.stringify(v);
      case 'number':
        if (Number.isNaN(v)) return '{"f":"nan"}';
        if (!Number.isFinite(v)) return v > 0 ? '{"f":"inf"}' : '{"f":"-inf"}';
        return Number.isInteger(v) ? BigInt(v).toString() : JSON.stringify(v);
      case 'object': break;
      default: return JSON.stringify({o: typeof v});
    }
    if (Array.isArray(v) || ArrayBuffer.isView(v)) return '[' + Array.from(v, encode).join(',') + ']';
    if (v instanceof Set) return '{"s":[' + Array.from(v, encode).join(',') + ']}';
    const pairs = v instanceof Map ? Array.from(v) : Object.entries(v);
    return '{"d":[' + pairs.map(([k, x]) => '[' + encode(k) + ',' + encode(x) + ']').join(',') + ']}';
  };
  const [nonce, name, args] = fs.readFileSync(0, 'utf8').split('\n');
  const send = (text) => {
    const result = Buffer.from(text);
    let frame = Buffer.concat([Buffer.from(`${nonce} ${result.length}\n`), result, Buffer.from(`\n${nonce} done\n`)]);
    while (frame.length > 0) frame = frame.subarray(fs.writeSync(3, frame));
  };
  if (hone_function === undefined) {
    send(`!the submission defines no function ${name}`);
    process.exit(1);
  }
  send(encode(await hone_function(...JSON.parse(args))));
  process.exit(0);
})().catch((e) => { console.error(e); process.exit(1); });
)js";

}  // namespace hone
