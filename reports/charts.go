package reports

import "github.com/xuri/excelize/v2"

const (
	chartRows = 13 // each a line high

	// What excelize takes for a pixel when it looks for the cell in which a chart ends.
	rowPixels       = 18
	characterPixels = 8
)

// chart is a stacked column chart of the rows or columns of a table that lies somewhere in the workbook.
type chart struct {
	title  string
	series []excelize.ChartSeries
	turned int // by how many degrees the labels of the axis are
}

// reserveCharts leaves room for the charts, and returns the row at which it begins: 0 if there is nothing to draw. The
// charts are drawn when the tables that they show have been written.
func (s *sheet) reserveCharts(found digest) (int, error) {
	if found.count == 0 && len(s.book.spans[settlingName]) == 0 {
		return 0, nil
	}
	at := s.row + 1
	for range chartRows {
		if err := s.add(nil, lineHeight); err != nil {
			return 0, err
		}
	}
	return at, nil
}

// addCharts draws the exceptions by age, a colour for each severity, and beside them what has settled of the last thirty days.
func (s *sheet) addCharts(row int, found digest) error {
	if row == 0 {
		return nil
	}
	left, right := s.halves()
	if spans := s.book.spans[exceptionAgesName]; len(spans) > 0 {
		if err := s.draw(chart{title: "Exceptions by age", series: ageSeries(spans[0], found.ageing)}, 0, left, row); err != nil {
			return err
		}
	}
	if spans := s.book.spans[settlingName]; len(spans) > 0 {
		return s.draw(chart{title: "Payments of the last 30 days: settled and not settled", series: settlingSeries(spans[0]), turned: -90}, left, right, row)
	}
	return nil
}

// halves are the first column of the page's right half, and the one behind its last.
func (s *sheet) halves() (middle, end int) {
	sum := 0
	for sum < across(s.widths)/2 {
		sum += s.widths[middle]
		middle++
	}
	return middle, len(s.widths)
}

// ageSeries has a series for each severity, a row of the block, over the ages, its columns from the second on.
func ageSeries(rows span, lines []ageingLine) []excelize.ChartSeries {
	part := func(row int) string {
		return quoted(rows.sheet) + "!" + absolute(1, row) + ":" + absolute(len(buckets), row)
	}
	var series []excelize.ChartSeries
	for i, line := range lines {
		row := rows.first + i
		series = append(series, excelize.ChartSeries{
			Name: quoted(rows.sheet) + "!" + absolute(0, row), Categories: part(rows.first - 1), Values: part(row), Fill: solid(severityFill(line.severity)),
		})
	}
	return series
}

// settlingSeries has the days in the first column, which takes two of the page's, then what has settled and what has not.
func settlingSeries(rows span) []excelize.ChartSeries {
	one := func(column int, colour string) excelize.ChartSeries {
		return excelize.ChartSeries{
			Name: quoted(rows.sheet) + "!" + absolute(column, rows.first-1), Categories: rows.of(0), Values: rows.of(column), Fill: solid(colour),
		}
	}
	return []excelize.ChartSeries{one(2, midBlue), one(3, orange)}
}

func solid(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}

// draw puts a chart over the columns from one to before another.
func (s *sheet) draw(c chart, from, to, row int) error {
	const gap = 8 // pixels between the charts, and below them
	wide, overlap := uint(60), 100
	return s.book.file.AddChart(s.name, cellName(from, row), &excelize.Chart{
		Type: excelize.ColStacked, Series: c.series, GapWidth: &wide, Overlap: &overlap,
		Title:     excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: c.title, Font: &excelize.Font{Bold: true, Size: 12, Color: inkBlue, Family: "Calibri"}}}},
		Legend:    excelize.ChartLegend{Position: "bottom"},
		Dimension: excelize.ChartDimension{Width: uint(across(s.widths[from:to])*characterPixels - gap), Height: chartRows*rowPixels - gap},
		XAxis:     excelize.ChartAxis{Alignment: excelize.Alignment{TextRotation: c.turned}, Font: excelize.Font{Size: 9, Color: textGrey}},
		YAxis:     excelize.ChartAxis{MajorGridLines: true, Font: excelize.Font{Size: 9, Color: textGrey}},
		Format:    excelize.GraphicOptions{AltText: c.title + ". The figures are in the table of the same name."},
	})
}
