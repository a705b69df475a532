"""How a report looks, on a screen and printed on A4."""

from wattlens.html import MARKS

__all__ = ["PAGE", "PARTS"]

# What the parts need, in a notebook too, whose colours may be dark on light or light on dark.
PARTS = """
.wattlens .w{white-space:nowrap}
.wattlens .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:10px;margin:.6em 0 1em}
.wattlens .cards div{border:1px solid #8886;border-radius:6px;padding:.55em .8em;break-inside:avoid}
.wattlens .cards div>span{display:block;font-size:.88em;opacity:.8}
.wattlens .cards b{display:block;font-size:1.5em;font-weight:600;margin:.1em 0;white-space:nowrap}
.wattlens .severity{display:inline-block;border-radius:3px;padding:0 .45em;color:#fff;background:#6b7280;
font-size:.88em;white-space:nowrap}
.wattlens .severity.critical{background:#7f1d1d}
.wattlens .severity.high{background:#b3261e}
.wattlens .severity.medium{background:#b45309}
.wattlens .severity.low{background:#4d6a8a}
.wattlens .simulated{border:2px solid #b3261e;color:#b3261e;border-radius:6px;padding:.4em .8em;font-weight:600}
.wattlens .figure{margin:1em 0;break-inside:avoid}
.wattlens tr.total td{font-weight:600;border-top:1.5px solid currentColor}
.wattlens td.n{white-space:nowrap}
.wattlens .halves{display:grid;grid-template-columns:repeat(auto-fit,minmax(340px,1fr));gap:0 28px;align-items:start}
.wattlens .rests{margin:.5em 0 .1em;font-weight:600}
.wattlens .kind,.wattlens .meta{opacity:.75;margin:0}
.wattlens .period{font-size:1.1em;margin:.1em 0}
.wattlens .sure{white-space:nowrap}
.wattlens .verdicts td:last-child{min-width:15em}
"""
PARTS += MARKS

# What only the page has.
PAGE = """
:root{color-scheme:light}
body.wattlens{margin:0 auto;padding:24px 28px;max-width:940px;background:#fff;color:#1d2329;
font:14px/1.5 system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',
'Source Han Sans SC',sans-serif}
header{border-bottom:2px solid #0072B2;padding-bottom:.7em}
h1{font-size:1.75em;line-height:1.2;margin:.1em 0;overflow-wrap:anywhere}
h2{font-size:1.3em;margin:1.7em 0 .5em;color:#0b4f7d;border-bottom:1px solid #c9d3dc;padding-bottom:.15em}
h3{font-size:1.05em;margin:1.3em 0 .3em}
p{margin:.4em 0}
ul,ol{margin:.3em 0 .8em;padding-left:1.4em}
li{margin:.15em 0}
table{border-collapse:collapse;width:100%;margin:.4em 0 1em;font-size:.93em}
th,td{text-align:left;vertical-align:top;padding:.22em .55em;border-bottom:1px solid #e1e6ea}
th{vertical-align:bottom;font-weight:600;border-bottom:1.5px solid #7b8a97;line-height:1.25}
th:first-child,td:first-child{padding-left:0}
th:first-child{white-space:nowrap}
th:last-child,td:last-child{padding-right:0}
.n{text-align:right;font-variant-numeric:tabular-nums}
tbody tr:hover{background:#f3f6f8}
small,footer{color:#55606a;font-size:.88em}
footer{margin-top:2em;border-top:1px solid #c9d3dc;padding-top:.5em}
td{overflow-wrap:break-word}
@media print{
@page{size:A4;margin:14mm 13mm 15mm}
body.wattlens{max-width:none;padding:0;font-size:9.5pt;line-height:1.4;print-color-adjust:exact;
-webkit-print-color-adjust:exact}
thead{display:table-header-group}
tr,li,p,.figure,.short,.cards{break-inside:avoid}
.wattlens .cards{grid-auto-flow:column;grid-template-columns:none;grid-auto-columns:1fr;gap:7px}
.wattlens .cards div{padding:.4em .55em}
.wattlens .cards b{font-size:1.25em}
h1,h2,h3,.rests,.lead{break-after:avoid}
.whole{break-inside:avoid}
.wattlens .halves{grid-template-columns:1fr 1fr;gap:0 16px}
th,td{padding:.18em .4em}
table{font-size:.9em}
tbody tr:hover{background:none}
}
"""
