package reports

import (
	"bufio"
	_ "embed"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
)

//go:embed html.css
var pageStyle string

// How many rows of one table the page shows: it is opened in a browser, on a telephone too, and is for what needs a person.
// The files and the workbook have all of them.
const (
	htmlRows       = 200
	htmlExceptions = 2000
)

// limit is how many rows of a table the page shows.
func (t table) limit() int64 {
	if t.name == exceptionsName {
		return htmlExceptions
	}
	return htmlRows
}

// htmlPage writes a day as one page that needs nothing besides itself: no script, no network, no font. It shows the tables of
// the workbook, in their order, and says of a long one how many rows there are and where they all are.
type htmlPage struct {
	out     *bufio.Writer
	day     Day
	surveys map[string]survey
	files   []string // formats in which all rows are
	shown   int64    // rows
}

func writeHTML(stage *stage, day Day, found digest, pages []page, surveys map[string]survey, formats []string) error {
	return stage.write("tieout-"+day.FinanceDay+".html", func(to io.Writer) (int64, error) {
		p := &htmlPage{out: bufio.NewWriter(to), day: day, surveys: surveys}
		p.files = slices.DeleteFunc(slices.Clone(formats), func(format string) bool { return format == FormatHTML })
		if err := p.write(found, pages); err != nil {
			return 0, err
		}
		return p.shown, p.out.Flush()
	})
}

// put writes markup. Every %s is escaped: nothing that came from outside becomes markup.
func (p *htmlPage) put(format string, values ...any) {
	for i, value := range values {
		if text, ok := value.(string); ok {
			values[i] = html.EscapeString(text)
		}
	}
	fmt.Fprintf(p.out, format, values...) // a failed write is told by Flush
}

func (p *htmlPage) write(found digest, pages []page) error {
	sentence, tiesOut := headline(p.day, found)
	p.put("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
	p.put("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n")
	p.put("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
	p.put("<title>tieout %s: %s</title>\n<style>\n", p.day.FinanceDay, firstLine(sentence))
	p.out.WriteString(pageStyle)
	p.put("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the figures</a>\n<header>\n<h1>tieout: finance day %s</h1>\n", p.day.FinanceDay)
	p.put("<p class=\"quiet\">As of %s (%s UTC). Amounts are in major units of the currency named in their row. A dash is zero; an empty cell does not apply.</p>\n",
		inZone(p.day.AsOf, p.day.Zone), p.day.AsOf.UTC().Format("2006-01-02 15:04:05"))
	if p.day.Checkpoint != "" {
		p.put("<p class=\"quiet\">%s</p>\n", checkpointNote(p.day))
	}
	p.verdict(sentence, tiesOut)
	p.contents(pages)
	p.put("</header>\n<main id=\"main\">\n")
	for i, page := range pages {
		if err := p.page(page, i == 0, found); err != nil {
			return fmt.Errorf("%s: %w", page.name, err)
		}
	}
	p.put("</main>\n<footer>tieout %s. Times are of %s.</footer>\n</body>\n</html>\n", p.day.Version, p.day.Zone.String())
	return nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func (p *htmlPage) verdict(sentence string, tiesOut bool) {
	class := "not"
	if tiesOut {
		class = "ties"
	}
	p.put("<div class=\"verdict %s\">\n", class)
	for line := range strings.SplitSeq(sentence, "\n") {
		p.put("<p>%s</p>\n", line)
	}
	p.put("</div>\n")
}

func (p *htmlPage) contents(pages []page) {
	p.put("<nav aria-label=\"Contents\">\n<ul>\n")
	for _, page := range pages {
		p.put("<li><a href=\"#%s\">%s</a></li>\n", anchor(page.name), page.name)
	}
	p.put("</ul>\n</nav>\n")
}

// anchor makes an id of a name.
func anchor(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, " ", "-"))
}

func (p *htmlPage) page(of page, first bool, found digest) error {
	p.put("<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", anchor(of.name), anchor(of.name), of.name)
	if first {
		p.charts(found)
	}
	for _, b := range of.blocks {
		p.put("<h3>%s</h3>\n", b.title)
		if err := p.table(b.table, b.title); err != nil {
			return err
		}
		if b.note != "" && p.surveys[b.table.name].rows > 0 {
			p.put("<p class=\"quiet\">%s</p>\n", b.note)
		}
	}
	if of.long != nil {
		if len(of.blocks) > 0 {
			p.put("<h3>%s</h3>\n", of.long.name)
		}
		if err := p.table(*of.long, of.long.name); err != nil {
			return err
		}
	}
	p.put("</section>\n")
	return nil
}

// table writes the rows of a table, its totals, and whether there are more.
func (p *htmlPage) table(t table, title string) error {
	t, found := forPeople(t, p.surveys[t.name])
	if found.rows == 0 {
		p.put("<p class=\"quiet\">%s</p>\n", t.nothing)
		return nil
	}
	columns := onPage(t)
	p.put("<div class=\"scroll\" role=\"region\" aria-label=\"%s\" tabindex=\"0\">\n<table>\n<thead><tr>", title)
	for _, i := range columns {
		heading := t.columns[i].heading
		if t.columns[i].kind == kindTime {
			heading += " (" + p.day.Zone.String() + ")"
		}
		p.put("<th scope=\"col\" class=\"%s\">%s</th>", classOf(t.columns[i]), heading)
	}
	p.put("</tr></thead>\n")
	if err := p.rows(t, columns); err != nil {
		return err
	}
	p.totals(t, columns, found)
	p.put("</table>\n</div>\n")
	if found.rows > t.limit() {
		p.put("<p class=\"quiet\">The first %s of %s. All are in the files of this report: %s.</p>\n",
			grouped(fmt.Sprint(t.limit())), plural(found.rows, "row", "rows"), strings.Join(p.files, ", "))
	}
	p.shown += min(found.rows, t.limit())
	return nil
}

// onPage are the columns that a table shows side by side. Those of an exception that would make it wide, and the sentences,
// are opened below its row.
func onPage(t table) []int {
	var shown []int
	for i, c := range t.columns {
		if !c.form && !c.hidden && !(t.name == exceptionsName && (c.screen || c.lines > 0)) {
			shown = append(shown, i)
		}
	}
	return shown
}

func (p *htmlPage) rows(t table, columns []int) error {
	opened := t.name == exceptionsName
	if !opened {
		p.put("<tbody>\n")
	}
	var n int64
	for cells, err := range t.rows {
		if err != nil {
			return err
		}
		if n++; n > t.limit() {
			break
		}
		if opened {
			p.put("<tbody>\n")
		}
		p.put("<tr%s>", rowClass{t.markOf(cells), opened})
		for _, i := range columns {
			p.cell(cells[i], t.columns[i], t.currencyOf(cells), i == columns[0])
		}
		p.put("</tr>\n")
		if opened {
			p.more(t, cells, columns)
			p.put("</tbody>\n")
		}
	}
	if !opened {
		p.put("</tbody>\n")
	}
	return nil
}

// rowClass is the attribute of a row that stands out.
type rowClass struct {
	mark   look
	opened bool
}

// String is the attribute, with the space before it.
func (r rowClass) String() string {
	switch {
	case r.mark == lookTotal:
		return ` class="closing"`
	case r.mark == lookCritical:
		return ` class="wrong"`
	case r.opened:
		return ` class="head"`
	}
	return ""
}

// cell writes one cell; the first of a row is its header.
func (p *htmlPage) cell(c cell, of column, currency string, header bool) {
	text, class := p.figure(c, of)+foreign(c, currency), classOf(of)
	if of.key == severityKey && slices.Contains(severities, text) {
		class = text
	}
	if header {
		p.put("<th scope=\"row\" class=\"%s\">%s</th>", class, text)
		return
	}
	p.put("<td class=\"%s\">%s</td>", class, text)
}

// figure is a value as it is shown in a table: where figures are added up, a zero is a dash.
func (p *htmlPage) figure(c cell, of column) string {
	zero := of.kind == kindAmount && c.amount.Minor == 0 || of.kind == kindCount && c.number == 0
	if c.set && zero && (of.total || of.dashed) {
		return "–"
	}
	return p.show(c, of)
}

// show is a value as a person reads it.
func (p *htmlPage) show(c cell, of column) string {
	if of.kind == kindTime && c.set {
		return c.at.In(p.day.Zone).Format(wallTimeLayout)
	}
	return c.display(of.kind)
}

func classOf(c column) string {
	switch {
	case c.kind == kindCount, c.kind == kindRate, c.kind == kindAmount:
		return "n"
	case c.kind == kindTime, c.key == "code", c.kind == kindText && c.width == widthShort:
		return "t"
	case c.lines > 0:
		return "prose"
	}
	return "id"
}

// more is what is opened below an exception: why, what to do, and what the row has no room for.
func (p *htmlPage) more(t table, cells []cell, columns []int) {
	at := func(key string) cell {
		return cells[slices.IndexFunc(t.columns, func(c column) bool { return c.key == key })]
	}
	p.put("<tr class=\"more\"><td colspan=\"%d\"><details><summary>Why, and what to do</summary>\n", len(columns))
	p.put("<p>%s</p>\n<p><strong>Next step:</strong> %s</p>\n<dl>", at("explanation").text, at("next_step").text)
	for i, c := range t.columns {
		if !c.form && c.screen {
			p.put("<div><dt>%s</dt><dd>%s</dd></div>", c.heading, p.show(cells[i], c))
		}
	}
	p.put("</dl>\n</details></td></tr>\n")
}

// totals are those of the workbook: a row for each currency, or one of counts where there is no currency.
func (p *htmlPage) totals(t table, columns []int, found survey) {
	if !slices.ContainsFunc(columns, func(i int) bool { return t.columns[i].total }) {
		return
	}
	p.put("<tfoot>\n")
	if t.currency == none {
		p.totalRow(t, columns, "Total", "", func(i int) cell { return countCell(found.everything(i)) })
	} else {
		for _, currency := range found.currencies() {
			p.totalRow(t, columns, "Total", currency, func(i int) cell { return totalCell(found.totals[currency][i], t.columns[i].kind) })
		}
	}
	p.put("</tfoot>\n")
}

func (p *htmlPage) totalRow(t table, columns []int, label, currency string, sum func(int) cell) {
	p.put("<tr>")
	for n, i := range columns {
		c := t.columns[i]
		switch {
		case c.total:
			p.put("<td class=\"n\">%s</td>", p.figure(sum(i), c))
		case n == 0 && i == t.currency:
			p.put("<th scope=\"row\">%s %s</th>", label, currency)
		case n == 0:
			p.put("<th scope=\"row\">%s</th>", label)
		case i == t.currency:
			p.put("<td>%s</td>", currency)
		default:
			p.put("<td></td>")
		}
	}
	p.put("</tr>\n")
}
