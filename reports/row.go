package reports

import "github.com/xuri/excelize/v2"

// renderer makes the cells of a table's rows, the same ones for each row.
type renderer struct {
	book   *workbook
	table  table
	layout layout
	cells  []excelize.Cell
	last   []rendered
}

// rendered is what a column showed last: neighbours often have the same style and the same text.
type rendered struct {
	key   styleKey
	id    int
	text  string
	value any // text, for excelize
}

func newRenderer(b *workbook, t table, l layout) *renderer {
	return &renderer{book: b, table: t, layout: l, cells: make([]excelize.Cell, len(t.columns)), last: make([]rendered, len(t.columns))}
}

func (r *renderer) render(cells []cell) ([]excelize.Cell, error) {
	mark, tint, currency := r.table.markOf(cells), r.table.tintOf(cells), r.table.currencyOf(cells)
	for i := range cells {
		c, last := &r.table.columns[i], &r.last[i]
		key := keyOf(cells[i], c.kind, r.look(i, cells[i], mark), currency, tint)
		if last.id == 0 || last.key != key {
			id, err := r.book.styles.id(key)
			if err != nil {
				return nil, err
			}
			last.key, last.id = key, id
		}
		r.cells[i] = excelize.Cell{StyleID: last.id, Value: r.value(i, cells[i], key)}
	}
	return r.cells, nil
}

func (r *renderer) value(i int, c cell, key styleKey) any {
	if key.kind != kindText || !c.set {
		return valueOf(c, key.kind, key.digits, r.book.day.Zone)
	}
	last := &r.last[i]
	if last.text != c.text {
		last.text, last.value = c.text, c.text
	}
	return last.value
}

// look is that of one cell in a row that has a mark or none.
func (r *renderer) look(i int, content cell, mark look) look {
	c := &r.table.columns[i]
	if c.key == severityKey {
		if severe, ok := severityLooks[content.text]; ok {
			return severe
		}
	}
	switch {
	case mark != lookBody:
		return mark
	case c.blank:
		return lookForm
	case r.layout.wraps[i]:
		return lookWrap
	case c.total || c.dashed:
		return lookSum
	default:
		return lookBody
	}
}
