/** Colors of text have a contrast of at least 4.5 to their background, in both schemes. */
const COLORS = `
:root{color-scheme:light dark;
--paper:#fff;--raised:#f5f6f7;--line:#dde1e5;--ink:#1b1f24;--soft:#59626c;--accent:#0b5cab;
--error:#b42318;--error-tint:#fdecea;--warning:#835000;--warning-tint:#fdf2da;--info:#245d91;--info-tint:#e7f1fa;
--good:#1c6437;--good-tint:#e8f5ec;--on-sign:#fff;
--failing:#8f1d14;--denied:#d4493d;--undecided:#d69a2d;--changed:#3f82c6;--admitted:#a8b3bb;--skipped:#dde1e5}
@media screen and (prefers-color-scheme:dark){:root{
--paper:#15181b;--raised:#1e2226;--line:#343a40;--ink:#e5e8ea;--soft:#a2acb5;--accent:#82bbf2;
--error:#ff9a90;--error-tint:#3a1c1a;--warning:#efb75c;--warning-tint:#352814;--info:#8bc0f0;--info-tint:#17293a;
--good:#85d3a0;--good-tint:#16301f;--on-sign:#15181b;
--failing:#ff8f84;--denied:#d9483c;--undecided:#d69a2d;--changed:#4d92d6;--admitted:#6d7881;--skipped:#3b4248}}`;

const PAGE = `
*{box-sizing:border-box}
html{scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
body{margin:0 auto;padding:0 1.25rem 4rem;max-width:62rem;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
code,pre,.name,.chip{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
code{font-size:.9em}
h1,h2,h3,h4,p,ul,dl,dd,table{margin:0}
ul{padding:0;list-style:none}
h1{font-size:1.5rem;line-height:1.25;font-weight:650;letter-spacing:-.01em}
h2{font-size:1.2rem;line-height:1.3;font-weight:650;letter-spacing:-.005em;padding-bottom:.5rem}
h3{font-size:1rem;font-weight:650}
h4{font-size:.95rem;font-weight:600}
section{padding-top:2.25rem}
section>h3{padding:1rem 0 .35rem}
a{color:var(--accent);text-underline-offset:.15em;text-decoration-thickness:.06em}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
.soft{color:var(--soft)}
.count{color:var(--soft);font-weight:400;font-size:.9rem}
.vh{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.number{font-variant-numeric:tabular-nums;text-align:right}
header{padding-top:2.25rem}
.eyebrow{color:var(--soft);font-size:.8rem;letter-spacing:.08em;text-transform:uppercase}
.facts{display:flex;flex-wrap:wrap;gap:.25rem 1.75rem;padding-top:.6rem;font-size:.9rem}
.facts div{display:flex;gap:.5em}
.facts dt{color:var(--soft);flex:none}
.banner{display:flex;gap:.6rem;margin-top:1rem;padding:.6rem .8rem;border-radius:6px;background:var(--warning-tint)}
nav{padding-top:1.25rem;font-size:.9rem}
nav ul{display:flex;flex-wrap:wrap;gap:.15rem 1.1rem}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
footer{padding-top:3rem;color:var(--soft);font-size:.85rem}
@media (min-width:70rem){
body{display:grid;grid-template-columns:9.5rem minmax(0,60rem);column-gap:2.75rem;max-width:76rem;align-content:start}
header{grid-column:2}
nav{grid-column:1;grid-row:1/span 3;padding-top:5.1rem;position:sticky;top:0;align-self:start}
nav ul{display:block}
nav li{padding:.15rem 0}
main,footer{grid-column:2;min-width:0}}`;

const SUMMARY = `
#summary{padding-top:1.75rem}
.lead{font-size:1.15rem;line-height:1.45;max-width:46rem}
.bar{display:block;width:100%;height:12px;border-radius:6px;margin-top:1rem;background:var(--raised)}
.fill.failing{fill:var(--failing)}.fill.denied{fill:var(--denied)}.fill.undecided{fill:var(--undecided)}.fill.changed{fill:var(--changed)}
.fill.admitted{fill:var(--admitted)}.fill.skipped{fill:var(--skipped)}
.legend,.tiles,.key{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem}
.legend{padding-top:.6rem;font-size:.9rem}
.swatch{width:.75em;height:.75em;margin-right:.45em}
.legend b,.tiles b{font-variant-numeric:tabular-nums;font-weight:650}
.none,.none a{color:var(--soft)}
.tiles{gap:.6rem;padding:1.25rem 0 .6rem}
.tiles a{display:flex;align-items:center;gap:.45em;padding:.4rem .8rem;border:1px solid var(--line);border-radius:6px;
color:inherit;text-decoration:none;font-size:.9rem}
.tiles a:hover{border-color:var(--accent)}
.tiles b{font-size:1.1rem}
.sign{display:inline-flex;align-items:center;justify-content:center;flex:none;width:1.25em;height:1.25em;margin-right:.45em;
font:700 .72rem/1 system-ui,sans-serif;vertical-align:.1em;color:var(--on-sign)}
.sign.error{background:var(--error);border-radius:50%}
.sign.warning{background:var(--warning);border-radius:3px}
.sign.info{border:1.5px solid var(--info);color:var(--info);border-radius:50%}
.tiles .sign,.banner .sign,.list .sign{margin-right:0}
.banner .sign,.list .sign{margin-top:.3em}`;

const DETAILS = `
summary{cursor:pointer;list-style:none}
summary::-webkit-details-marker{display:none}
summary::before{content:"";flex:none;width:.38em;height:.38em;margin:0 .75em 0 .2em;border:solid var(--soft);
border-width:0 1.5px 1.5px 0;transform:rotate(-45deg)}
details[open]>summary::before{transform:rotate(45deg)}
summary:hover{background:var(--raised)}
.finding>summary,.namespace>summary,.more>summary{display:flex;align-items:baseline;padding:.4rem .35rem;border-radius:4px}
summary .count{margin-left:.75em;flex:none}
.finding{border-top:1px solid var(--line)}
.finding h4,.namespace h3{display:inline;font-weight:600}
.why{margin:0 0 .75rem 1.5rem;color:var(--soft);max-width:48rem}
.cases{padding:0 0 .5rem 1.5rem;max-width:52rem}
.finding>.more{margin:0 0 .75rem 1.15rem}
.cases>li{padding:.5rem 0 .5rem .9rem;border-left:2px solid var(--line)}
.cases>li+li{margin-top:.5rem}
.fix{padding-top:.15rem}
.fix strong{font-weight:650;color:var(--good)}
.who{display:flex;flex-wrap:wrap;gap:0 1rem;padding-top:.2rem;font-size:.9rem}
h3 .count{margin-left:.75em}
.more>summary{font-size:.9rem;color:var(--soft)}
.more>table,.more>.names,.more>.who{margin:0 0 .75rem 1.5rem}
.more>table{width:calc(100% - 1.5rem)}
.names{display:grid;grid-template-columns:repeat(auto-fill,minmax(14rem,1fr));gap:.1rem 1rem;font-size:.9rem}
.list{max-width:52rem}
.matrix~.list,table+.list{padding-top:.6rem}
.form{border-top:1px solid var(--line)}
.form>summary{display:grid;grid-template-columns:auto 6.5rem minmax(0,1fr) auto;align-items:baseline;padding:.35rem;border-radius:4px}
.form>summary::before{align-self:center}
.kind{color:var(--soft);font-size:.9rem}
.kind.wasm{color:var(--good);font-weight:600}.kind.unknown{color:var(--warning)}
.form>table{margin:0 0 .75rem 1.5rem;width:calc(100% - 1.5rem)}
.list>li{display:flex;gap:.6rem;padding:.5rem 0}
.list>li>div{min-width:0}
.what{font-size:.95rem}`;

const TABLES = `
table{border-collapse:collapse;width:100%;font-size:.92rem}
caption{text-align:left;color:var(--soft);font-size:.9rem;padding-bottom:.35rem}
th,td{padding:.4rem .9rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top;text-align:left}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--soft);font-weight:500;font-size:.85rem;vertical-align:bottom}
thead th,td.number,td.runs{white-space:nowrap;overflow-wrap:normal}
tbody th{font-weight:500;min-width:9rem}
th.number{text-align:right}
.matrix thead tr:first-child th[scope=colgroup]{border-bottom:0;padding-bottom:0}
.matrix th code{display:block;font-weight:600}
.matrix th .soft{font-weight:400;font-size:.85rem}
th.runs,td.runs{text-align:center;padding-left:.2rem;padding-right:.2rem}
.runs.yes{color:var(--good)}.runs.no,.runs.unknown{color:var(--soft)}.runs.conditional{color:var(--info)}
.share{display:inline-block;width:4rem;height:6px;margin-right:.6em;vertical-align:.12em}
.share{border-radius:3px}.share .track{fill:var(--line)}.share .part{fill:var(--changed)}.share .open{fill:var(--undecided)}
.key{padding:.6rem 0 .4rem;color:var(--soft);font-size:.85rem}
td.outcomes{min-width:19rem}
td.outcomes>*{margin-right:.6em}
.matrix td{white-space:nowrap}
td .soft{display:inline-block}
.matrix td>.soft{display:block;font-size:.85rem}
.outcome{display:inline-block;padding:0 .5em;border-radius:4px;font-size:.82rem;line-height:1.5rem;white-space:nowrap;
background:var(--raised);color:var(--soft)}
.outcome.failing,.outcome.denied{background:var(--error-tint);color:var(--error)}
.outcome.undecided{background:var(--warning-tint);color:var(--warning)}
.outcome.changed{background:var(--info-tint);color:var(--info)}
.outcome.failing{font-weight:600}
.lacking{color:var(--error);font-weight:600}
td .lacking{display:block;font-size:.85rem}
@media (max-width:44rem){
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody,caption{display:block}
tr{display:flex;flex-wrap:wrap;gap:.1rem 1rem;padding:.5rem 0;border-bottom:1px solid var(--line)}
th,td{display:block;padding:0;border:0;text-align:left}
tbody th{flex:1 0 100%}
td.number,td.runs{text-align:left}
td[data-label]::before{content:attr(data-label) " ";color:var(--soft)}
td:empty,td.runs.no{display:none}
.matrix td>.soft,td .lacking{display:inline;font-size:1em}
td.outcomes{min-width:0}
td.runs{font-size:.88rem;padding:0}}`;

const WORKLOADS = `
.namespace{border-top:1px solid var(--line);padding:.15rem 0 .35rem}
.namespace>summary{flex-wrap:wrap}
summary .outcomes{display:flex;flex-wrap:wrap;gap:.1rem .6em;margin-left:auto;font-size:.88rem}
.workload>summary{display:grid;grid-template-columns:auto 6rem minmax(8rem,1fr) fit-content(60%);align-items:baseline;padding:.25rem .35rem;border-radius:4px}
.workload>summary::before{align-self:center}
.workload .outcome{justify-self:start}
.name{font-size:.88rem}
.name .soft,.names .soft{font-family:system-ui,sans-serif;margin-right:.3em}
.facets{display:flex;flex-wrap:wrap;justify-content:flex-end;gap:.1rem .9rem;font-size:.88rem;padding-left:1rem}
.chip{font-size:.82rem}
.tally{white-space:nowrap;font-variant-numeric:tabular-nums}
.workload[open]{background:var(--raised);border-radius:6px;margin:.25rem 0}
.workload[open]>summary:hover{background:none}
.workload .body{padding:.25rem 1rem 1rem 1.6rem}
.body:target,.names li:target{outline:2px solid var(--accent);outline-offset:-2px;border-radius:6px}
.body>*+*{margin-top:.6rem}
.remark{color:var(--warning)}
.gaps{padding-top:.6rem}
.body .images{max-width:52rem}
.diff{margin:.35rem 0 0;padding:.6rem .8rem;background:var(--paper);border:1px solid var(--line);border-radius:6px;
font-size:.82rem;line-height:1.6;white-space:pre-wrap}
.diff ins{display:block;text-decoration:none;color:var(--good)}
@media (max-width:44rem){
.workload>summary{grid-template-columns:auto auto minmax(0,1fr)}
.workload .name{padding-left:.6rem}
.facets{grid-column:2/-1;justify-content:flex-start;padding-left:0}
.workload .body{padding:.25rem .75rem .75rem}
.cases,.more>table,.form>table,.more>.names,.more>.who{padding-left:.35rem;margin-left:0}
.why{margin-left:.35rem}.finding>.more{margin-left:0}
.more>table,.form>table{width:100%}
.form>summary{grid-template-columns:auto 5.5rem minmax(0,1fr)}.form .count{grid-column:3;margin:0}}`;

const PRINT = `
@page{margin:14mm}
@media print{
body{display:block;max-width:none;padding:0;font-size:10pt}
nav,.vh{display:none}
header,section{padding-top:1rem}
a{color:inherit;text-decoration:none}
details::details-content{content-visibility:visible;block-size:auto}
summary::before{display:none}
tr,.cases>li,.list>li,summary{break-inside:avoid}
h2,h3,h4,summary{break-after:avoid}
.bar,.swatch,.share,.sign,.outcome,.banner{print-color-adjust:exact;-webkit-print-color-adjust:exact}}`;

/** The page's only style. It uses fonts of the system, and names no other file. */
export const STYLE = COLORS + PAGE + SUMMARY + DETAILS + TABLES + WORKLOADS + PRINT;
