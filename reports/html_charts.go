package reports

import (
	"fmt"
	"slices"
)

// The size of a chart in the units of its own drawing, and the room that its labels take.
const (
	chartWidth  = 480
	chartHeight = 220
	chartLeft   = 44
	chartBottom = 36
	chartTop    = 10
)

// barChart is columns of stacked parts, drawn as SVG.
type barChart struct {
	title  string
	labels []string // below each column; an empty one is left out
	parts  []barPart
}

// barPart is one part of every column, from the bottom upward.
type barPart struct {
	name   string
	class  string // of the style sheet, which has its colour
	values []int64
}

// charts draws the same two charts as the workbook. Their figures are also in tables below them.
func (p *htmlPage) charts(found digest) {
	charts := slices.DeleteFunc([]barChart{ageChart(found), settlingChart(p.day)}, func(c barChart) bool { return c.highest() == 0 })
	if len(charts) == 0 {
		return
	}
	p.put("<div class=\"charts\">\n")
	for _, chart := range charts {
		p.chart(chart)
	}
	p.put("</div>\n")
}

func ageChart(found digest) barChart {
	chart := barChart{title: "Exceptions by age in days"}
	for _, bucket := range buckets {
		chart.labels = append(chart.labels, bucket.name[:len(bucket.name)-len(" days")])
	}
	for _, line := range found.ageing {
		class := "fill-low"
		if slices.Contains(severities, line.severity) {
			class = "fill-" + line.severity
		}
		chart.parts = append(chart.parts, barPart{name: line.severity, class: class, values: line.counts[:]})
	}
	return chart
}

func settlingChart(day Day) barChart {
	chart := barChart{title: "Payments of the last 30 days: settled and not settled"}
	settled, open := barPart{name: "settled", class: "fill-settled"}, barPart{name: "not settled", class: "fill-open"}
	for i, d := range day.Settling {
		label := ""
		if i%7 == 0 && len(d.FinanceDay) == len("2026-03-10") {
			label = d.FinanceDay[5:]
		}
		chart.labels = append(chart.labels, label)
		settled.values, open.values = append(settled.values, int64(d.Settled)), append(open.values, int64(d.Unsettled))
	}
	chart.parts = []barPart{settled, open}
	return chart
}

// sum is how high a column is.
func (c barChart) sum(column int) (sum int64) {
	for _, part := range c.parts {
		sum += part.values[column]
	}
	return sum
}

func (c barChart) highest() (most int64) {
	for i := range c.labels {
		most = max(most, c.sum(i))
	}
	return most
}

// roundUp is the next of 1, 2, 5, 10, 20, 50 … times two, so that the axis has a round figure at its top and its middle.
func roundUp(most int64) int64 {
	for unit := int64(2); ; unit *= 10 {
		for _, times := range []int64{1, 2, 5} {
			if unit*times >= most {
				return unit * times
			}
		}
	}
}

// inWords is the chart for those who do not see it.
func (c barChart) inWords() string {
	text := c.title + "."
	for _, part := range c.parts {
		var sum int64
		for _, value := range part.values {
			sum += value
		}
		text += fmt.Sprintf(" %s: %s in all.", part.name, grouped(fmt.Sprint(sum)))
	}
	return text + " The figures are in a table below."
}

func (p *htmlPage) chart(c barChart) {
	top := roundUp(c.highest())
	height := float64(chartHeight - chartTop - chartBottom)
	p.put("<figure><figcaption>%s</figcaption>\n<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n", c.title, chartWidth, chartHeight, c.inWords())
	for _, value := range []int64{0, top / 2, top} {
		y := chartTop + height*(1-float64(value)/float64(top))
		p.put("<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
			chartLeft, chartWidth, y, y, chartLeft-6, y+4, grouped(fmt.Sprint(value)))
	}
	p.bars(c, top, height)
	p.put("</svg>\n<ul class=\"legend\">")
	for _, part := range c.parts {
		p.put("<li><svg viewBox=\"0 0 1 1\" aria-hidden=\"true\"><rect class=\"%s\" width=\"1\" height=\"1\"/></svg>%s</li>", part.class, part.name)
	}
	p.put("</ul>\n</figure>\n")
}

func (p *htmlPage) bars(c barChart, top int64, height float64) {
	step := float64(chartWidth-chartLeft) / float64(len(c.labels))
	for i, label := range c.labels {
		x, y := chartLeft+step*(float64(i)+0.14), chartTop+height
		for _, part := range c.parts {
			if part.values[i] == 0 {
				continue
			}
			high := height * float64(part.values[i]) / float64(top)
			y -= high
			p.put("<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%s: %s</title></rect>\n", part.class, x, y, step*0.72, high, part.name, grouped(fmt.Sprint(part.values[i])))
		}
		if label != "" {
			p.put("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n", x+step*0.36, chartTop+height+16, label)
		}
	}
}
