package reports

// page is one sheet of the workbook: small tables one below the other, then at most one long table, which goes on on further
// sheets when the sheet is full.
type page struct {
	name   string
	blocks []block
	long   *table
	files  []table // what the page shows, as programs want it: these have a file and no place on the page
}

// pagesOf lists the sheets of a day in their order, with all that is on them. Every rendering shows these tables: what is
// declared here once is in the workbook and, where it has a file, in a CSV file of its own.
func pagesOf(day Day, d digest) ([]page, error) {
	summary, err := summaryPage(day, d)
	return []page{
		summary,
		longPage(exceptionTable(day)),
		longPage(changeTable(day)),
		ageingPage(day, d),
		longPage(tieOutTable(day)),
		longPage(payoutTable(day)),
		longPage(refundWindowTable(day)),
		longPage(canceledTable(day)),
		longPage(feeTable(day)),
		longPage(matchedTable(day)),
		controlPage(day),
	}, err
}

// longPage is a sheet with one table, whose name it has.
func longPage(t table) page { return page{name: t.name, long: &t} }

// tables are all tables of a page, from top to bottom, then those that are files alone.
func (p page) tables() []table {
	var tables []table
	for _, b := range p.blocks {
		tables = append(tables, b.table)
	}
	if p.long != nil {
		tables = append(tables, *p.long)
	}
	return append(tables, p.files...)
}

// tablesOf are the tables of all pages, in their order.
func tablesOf(pages []page) []table {
	var tables []table
	for _, p := range pages {
		tables = append(tables, p.tables()...)
	}
	return tables
}
