// The report's style sheet: two themes by prefers-color-scheme, one column on small screens.
// Covered by tests/rl/report_test.cc.
#ifndef HONE_RL_REPORT_STYLE_H_
#define HONE_RL_REPORT_STYLE_H_

namespace hone {

inline constexpr const char* kReportStyle = R"css(
:root{color-scheme:light dark;--page:#f6f6f3;--card:#fff;--line:#e4e3de;--grid:#eceae5;--ink:#1d1f24;--soft:#6a6d75;
--good:#1f7a4d;--good-bg:#e2f3e9;--bad:#b3362b;--bad-bg:#fbe7e4;--warn:#8a5a00;--warn-bg:#fcf0d6;
--s0:#2b63c6;--s1:#d07316;--s2:#2b9068;--s3:#8a55c7;--s4:#8d929b;--s5:#c2457a;--hover:rgba(30,40,70,.10)}
@media(prefers-color-scheme:dark){:root{--page:#15171b;--card:#1d2025;--line:#2d3138;--grid:#2a2e35;--ink:#e7e8ea;
--soft:#989da7;--good:#6fd3a0;--good-bg:#173528;--bad:#ff8f83;--bad-bg:#43211e;--warn:#f0c060;--warn-bg:#3b2f14;
--s0:#79a8ff;--s1:#f2a45c;--s2:#5cc9a0;--s3:#bb98f5;--s4:#868c97;--s5:#f083b0;--hover:rgba(220,230,255,.12)}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1160px;margin:0 auto;padding:36px 20px 64px}
h1{font-size:28px;line-height:1.2;margin:0 0 10px;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:19px;margin:44px 0 14px;letter-spacing:-.005em}
h3{font-size:14px;margin:0;font-weight:600}
.verdict{display:flex;flex-wrap:wrap;gap:6px 12px;align-items:baseline;margin:0}
.badge{display:inline-block;padding:1px 10px;border-radius:99px;font-weight:600;font-size:13px;background:var(--grid);
color:var(--soft)}
.badge.good{background:var(--good-bg);color:var(--good)}.badge.bad{background:var(--bad-bg);color:var(--bad)}
.badge.warn{background:var(--warn-bg);color:var(--warn)}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px;margin:0;min-width:0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(230px,1fr));gap:12px;margin-top:26px}
.tile small{display:block;color:var(--soft);font-size:13px}
.tile b{font-size:21px;font-weight:600;font-variant-numeric:tabular-nums;white-space:nowrap}
.tile b.good{color:var(--good)}.tile b.bad{color:var(--bad)}.tile em{font-style:normal;color:var(--soft);font-weight:400}
.charts{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:12px}
.wide{grid-column:1/-1}
figcaption{margin-bottom:8px}
.wide figcaption{display:flex;flex-wrap:wrap;gap:2px 16px;align-items:baseline;justify-content:space-between}
.keys{display:flex;flex-wrap:wrap;gap:0 14px;font-size:12.5px}
.key{min-width:0}.key b,.key small{white-space:nowrap}.key i{display:inline-block;width:9px;height:9px;border-radius:3px;margin-right:5px;
background:var(--c)}
.key b{font-variant-numeric:tabular-nums;font-weight:600}.key small,.more{color:var(--soft);font-size:12px}
svg{display:block;width:100%;height:auto;overflow:visible}svg.small{display:none}
.s0{--c:var(--s0)}.s1{--c:var(--s1)}.s2{--c:var(--s2)}.s3{--c:var(--s3)}.s4{--c:var(--s4)}.s5{--c:var(--s5)}
.axes line{stroke:var(--grid);stroke-width:1}
.axes text{fill:var(--soft);font-size:11px;font-variant-numeric:tabular-nums}
.line{fill:none;stroke:var(--c);stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
circle{fill:var(--c)}.range{fill:var(--c);opacity:.2}.area{fill:var(--c);opacity:.85}
.tips rect{fill:transparent}.tips rect:hover{fill:var(--hover)}
.samples{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:12px 16px}
.samples .card{margin-top:10px}
pre{margin:0;font:13px/1.5 ui-monospace,"SF Mono","DejaVu Sans Mono",Consolas,monospace;white-space:pre-wrap;
overflow-wrap:anywhere}
pre.prompt{font-weight:600;margin-bottom:6px}
.completion{border-top:1px solid var(--line);margin-top:12px;padding-top:10px}.completion pre{margin-top:6px}
.meta{display:flex;flex-wrap:wrap;gap:2px 12px;align-items:baseline;color:var(--soft);font-size:13px;overflow-wrap:anywhere}
.meta span{min-width:0}.meta b{color:var(--ink)}
i.tag{font-style:normal;color:var(--s3)}i.end{font-style:normal;color:var(--soft);opacity:.55}
i.special{font-style:normal;color:var(--soft);background:var(--grid);border-radius:4px;padding:0 4px;margin-left:3px}
table{border-collapse:collapse;width:100%;font-size:13.5px}
td,th{text-align:left;vertical-align:top;padding:4px 14px 4px 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{color:var(--soft);font-weight:500}td.n{font-variant-numeric:tabular-nums;white-space:nowrap}tr:last-child td{border:0}
.scroll{overflow-x:auto}.scroll td,.scroll th{overflow-wrap:normal}.evaluation>*+*{margin-top:12px}.card>p.more{margin:10px 0 0}
details{margin-top:12px}summary{cursor:pointer;font-weight:600}details pre,details table{margin-top:10px}
footer{margin-top:44px;color:var(--soft);font-size:13px}
@media(max-width:940px){.charts{grid-template-columns:repeat(2,minmax(0,1fr))}}
@media(max-width:680px){main{padding:22px 14px 40px}h1{font-size:23px}.charts,.samples{grid-template-columns:minmax(0,1fr)}
.tiles{grid-template-columns:repeat(2,minmax(0,1fr));gap:10px}.tile{padding:10px 12px}.tile b{font-size:17px}
svg.large{display:none}svg.small{display:block}}
)css";

}  // namespace hone

#endif  // HONE_RL_REPORT_STYLE_H_
