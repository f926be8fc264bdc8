/** The style of every report: the tokens of the web page (browser/dagmar.css), on a page to read, to print and to send. */

const TOKENS = `:root{color-scheme:light dark;--page:light-dark(#f6f5f1,#131412);--card:light-dark(#fff,#1a1b19);
--well:light-dark(#f0eee9,#252622);--line:light-dark(#e4e1d9,#2d2e2a);--strong:light-dark(#bfbbb0,#4c4d47);
--text:light-dark(#1d1c19,#eceae4);--muted:light-dark(#5e5a52,#a9a69c);--accent:light-dark(#2b4699,#a9bdff);
--fill:light-dark(#4a66bd,#7f98ea);--soft:light-dark(#cfd8f1,#33405f);--less:light-dark(#c8382e,#e2594d);
--dawn:light-dark(#e09a2b,#d9962f);--font:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}`;

const PAGE = `*,::before,::after{box-sizing:border-box}html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 var(--font);font-variant-numeric:tabular-nums}
h1,h2,p,dl,dd,ul{margin:0;padding:0}
main{max-width:1160px;margin:0 auto;padding:56px 24px 72px;display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:20px}
main>*{grid-column:1/-1;min-width:0}
h1,h2,p,dd,dt,li,td,th,bdi{overflow-wrap:anywhere}
header{max-width:820px;padding:20px 0 28px}
header::before{content:"";display:block;width:44px;height:5px;border-radius:3px;background:var(--dawn);margin-bottom:22px}
h1{font-size:clamp(28px,5.2vw,46px);line-height:1.1;font-weight:680;letter-spacing:-.022em;text-wrap:balance}
.intro{margin-top:18px;font-size:17px;line-height:1.55;color:var(--muted);text-wrap:pretty}
.others{margin-top:14px}a{color:var(--accent);text-underline-offset:3px;display:inline-block;padding:4px 0}
.block{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:24px 26px 20px;container-type:inline-size;
display:flex;flex-direction:column}
.half{grid-column:span 1}
h2{font-size:19px;line-height:1.3;font-weight:650;letter-spacing:-.01em;text-wrap:balance}
.rule{margin:6px 0 20px;font-size:13px;line-height:1.5;color:var(--muted);max-width:78ch}
.none{padding:28px 0;color:var(--muted)}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
small{font-size:12px;color:var(--muted);font-weight:400}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}`;

const FIGURES = `.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,220px),1fr));gap:22px 32px;margin-bottom:22px}
.figures>div{border-top:2px solid var(--strong);padding-top:10px}
dt{font-size:13px;color:var(--muted)}
dd{font-size:32px;line-height:1.2;font-weight:650;letter-spacing:-.02em;margin-top:4px}
dd.words{font-size:23px;text-wrap:balance}
dd.detail{font-size:14px;line-height:1.4;font-weight:400;letter-spacing:0;color:var(--muted)}`;

/** `i` is a track and the bar in it, `u` a whisker, `em` a median, `s` a tick. */
const BARS = `.bars{display:grid;grid-template-columns:fit-content(40%) minmax(0,1fr) auto;gap:9px 14px;margin-bottom:20px}
.bar{display:grid;grid-column:1/-1;grid-template-columns:subgrid;gap:2px 14px;align-items:center;line-height:1.3}
.bar>span{text-align:right}.bar>b{font-weight:600;text-align:right;white-space:nowrap}
.bar i{font-style:normal}.bar>i{position:relative;height:18px;display:block}
.bar>i>i{position:absolute;top:0;bottom:0;background:var(--fill);border-radius:0 3px 3px 0;min-width:2px}
.less>i>i{background:var(--less);border-radius:3px 0 0 3px}
.bars.boxes{row-gap:0}.box{padding:0}.box>i,.axis>i{height:34px}.box>i>i{top:8px;bottom:8px;background:var(--soft);border:1.5px solid var(--fill);border-radius:3px}
.box u{position:absolute;top:16px;height:2px;background:var(--fill);text-decoration:none}
.box em{position:absolute;top:5px;bottom:5px;width:3px;margin-left:-1.5px;background:var(--text);border-radius:2px}
.box s{position:absolute;top:0;bottom:0;width:1px;background:var(--line)}
.axis>i{height:20px}.axis s{position:absolute;top:3px;transform:translateX(-50%);text-decoration:none;font-size:12px;color:var(--muted);white-space:nowrap}
.key{margin:0 0 16px;font-size:12px;color:var(--muted)}
@container (max-width:460px){.bars{grid-template-columns:minmax(0,1fr) auto;row-gap:13px}.bar>span{text-align:left}.bar>i{grid-column:1/-1;grid-row:2;height:10px}
.bars.boxes{row-gap:4px}.box>i{height:24px}.box>i>i{top:5px;bottom:5px}.box u{top:11px}.box em{top:3px;bottom:3px}.axis>i{height:20px;grid-row:1}}`;

/**
 * `s m l` are widths, `g` lines of the grid, `c e` texts at the middle or the end, `n` names of axes, `v` values, `d` dots,
 * `q` a diagonal.
 */
const DRAWINGS = `svg{display:block;width:100%;height:auto;margin-bottom:16px;overflow:visible}svg.m,svg.l{display:none}
@container (min-width:461px){svg.s{display:none}svg.m{display:block}}@container (min-width:781px){svg.m{display:none}svg.l{display:block}}
svg text{font:12px var(--font);fill:var(--muted)}svg .c{text-anchor:middle}svg .e{text-anchor:end}
svg .n{font-weight:600}svg .v{fill:var(--text);font-weight:600}svg .v,svg .h{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
svg .g{stroke:var(--line);fill:none}svg .q{stroke:var(--muted);stroke-dasharray:5 5;fill:none}
svg .l{fill:none;stroke:var(--fill);stroke-width:2.5;stroke-linejoin:round;stroke-linecap:round}circle{fill:var(--fill);stroke:var(--card);stroke-width:1.5}
.d{fill-opacity:.8}.w{fill:var(--less)}svg .l1{stroke:var(--dawn)}circle.l1{fill:var(--dawn);stroke:var(--card)}
.key .l0::before,.key .l1::before{content:"";display:inline-block;width:14px;height:3px;border-radius:2px;margin-right:6px;vertical-align:4px;background:var(--fill)}
.key .l1{margin-left:16px}.key .l1::before{background:var(--dawn)}`;

const BELOW = `.coverage{order:9;margin-top:auto;padding-top:14px;display:flex;gap:12px;align-items:center;font-size:13px;color:var(--muted)}
.coverage b{color:var(--text);font-weight:600}.coverage>i{flex:none;width:56px;height:6px;border-radius:3px;background:var(--well);overflow:hidden;border:1px solid var(--strong)}
.coverage>i>i{display:block;height:100%;background:var(--muted)}
details{font-size:13px}summary{cursor:pointer;color:var(--accent);padding:4px 0;width:fit-content}
.scroll{overflow:auto;max-height:420px;margin-top:8px;border:1px solid var(--line);border-radius:6px}
table{border-collapse:collapse;width:100%;font-size:13px}th,td{padding:6px 12px;text-align:left;vertical-align:top;border-top:1px solid var(--line);font-weight:400;min-width:74px}
th[scope=row]{min-width:150px}
thead th{position:sticky;top:0;background:var(--well);border-top:0;font-weight:600;font-size:12px;color:var(--muted)}.r{text-align:right}td.r{white-space:nowrap}
.notes{border-top:1px solid var(--strong);margin-top:20px;padding-top:24px;max-width:820px}
.notes ul{margin-top:10px;padding-left:18px;color:var(--muted)}.notes li{margin-top:8px;max-width:78ch}`;

const MEDIA = `@media (max-width:900px){.half{grid-column:1/-1}}
@media (max-width:560px){main{padding:24px 12px 48px;gap:12px}header{padding:12px 4px 16px}.block{padding:18px 16px 16px}dd{font-size:27px}dd.words{font-size:20px}.notes{padding:20px 4px}}
@media (forced-colors:active){.bar>i>i,.coverage>i>i,.box u,.box em{background:CanvasText;forced-color-adjust:none}circle{fill:CanvasText}}
@media print{:root{color-scheme:light}body{background:#fff;font-size:11pt}main{padding:0;max-width:none}.block{break-inside:avoid;border-color:#bbb}
.others,summary{display:none}details::details-content{content-visibility:visible;height:auto}.scroll{max-height:none;overflow:visible}tr{break-inside:avoid}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}`;

export const STYLE = [TOKENS, PAGE, FIGURES, BARS, DRAWINGS, BELOW, MEDIA].join("\n");
