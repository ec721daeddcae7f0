package reports

import (
	"strings"

	"github.com/xuri/excelize/v2"
)

// wallTimeLayout is how times read in the workbook, and excelTime the same for Excel.
const (
	wallTimeLayout = "2006-01-02 15:04"
	excelTime      = "yyyy-mm-dd hh:mm"
)

// look is what a cell is for, apart from the kind of its value.
type look int

const (
	lookBody look = iota
	lookWrap
	lookSum // a figure that is added up below
	lookHeader
	lookTotal
	lookTitle
	lookSection
	lookNote
	lookWrappedNote
	lookTiesOut
	lookExcepted
	lookForm // empty, for a person to fill in
	lookCritical
	lookHigh
	lookMedium
)

// severityLooks differ in brightness as well as in colour, so that they read in greyscale, in print and to the
// colour-blind; the word is always in the cell. Low has no colour.
var severityLooks = map[string]look{"critical": lookCritical, "high": lookHigh, "medium": lookMedium}

// severityTints colour the rows of a severity, so that they read as a group; severityFill is its colour in charts.
var severityTints = map[string]string{"critical": "FBE3E4", "high": "FDF0E3", "medium": "FFFBEF"}

func severityFill(severity string) string {
	if colour, ok := map[string]string{"critical": darkRed, "high": orange, "medium": amber}[severity]; ok {
		return colour
	}
	return midGrey
}

// styleKey is everything that a style depends on.
type styleKey struct {
	look   look
	kind   kind
	digits int    // of an amount's currency
	suffix string // as of foreign
	tint   string // behind what has no colour of its own
}

// styles makes each style of the workbook once.
type styles struct {
	file *excelize.File
	ids  map[styleKey]int
}

func (s *styles) id(key styleKey) (int, error) {
	if id, ok := s.ids[key]; ok {
		return id, nil
	}
	id, err := s.file.NewStyle(styleOf(key))
	if err == nil {
		s.ids[key] = id
	}
	return id, err
}

func styleOf(key styleKey) *excelize.Style {
	style := &excelize.Style{Alignment: &excelize.Alignment{Vertical: "top"}, Font: &excelize.Font{Family: "Calibri", Size: 11}}
	applyKind(style, key)
	applyLook(style, key.look)
	if key.tint != "" && style.Fill.Type == "" {
		style.Fill = solid(key.tint)
	}
	return style
}

// Numbers keep a little space from the text to their right: in the number format, because LibreOffice does not always
// honour the indent of a number.
func applyKind(style *excelize.Style, key styleKey) {
	style.Alignment.Horizontal = "right"
	switch key.kind {
	case kindText:
		indent(style, key.look)
		if key.look == lookBody {
			style.NumFmt = 49 // text: an id of digits stays an id
		}
	case kindCount:
		format := dashed(amountFormat(0, ""), key.look)
		style.CustomNumFmt = &format
	case kindRate:
		format := "0.00%_)"
		style.CustomNumFmt = &format
	case kindAmount:
		format := dashed(amountFormat(key.digits, key.suffix), key.look)
		style.CustomNumFmt = &format
	case kindTime:
		format := excelTime
		style.CustomNumFmt = &format
		indent(style, key.look)
	}
}

// indent keeps text and times off the numbers to their left. Titles stand at the edge.
func indent(style *excelize.Style, l look) {
	style.Alignment.Horizontal = "left"
	if l != lookTitle && l != lookSection {
		style.Alignment.Indent = 1
	}
}

// dashed shows a zero as a dash where figures are added up, so that the others stand out.
func dashed(format string, l look) string {
	if l != lookSum && l != lookTotal {
		return format
	}
	return format + ";-" + format + `;"–"_)`
}

func amountFormat(digits int, suffix string) string {
	format := "#,##0"
	if digits > 0 {
		format += "." + strings.Repeat("0", digits)
	}
	if suffix != "" {
		format += `"` + suffix + `"`
	}
	return format + "_)"
}

// The colours of the workbook. White on ink and on red, and black on the rest, keep a contrast of at least 7 to 1.
const (
	inkBlue   = "1F3864"
	paleBlue  = "DDE6F3"
	paleGreen = "E2F0D9"
	darkRed   = "9C0006"
	orange    = "F8C08A"
	yellow    = "FFF2CC"
	amber     = "E6B800" // yellow that is seen on white
	midBlue   = "2F6DB5"
	midGrey   = "8A94A3"
	formBlue  = "EEF4FB"
	hairGrey  = "C9CED6"
	textGrey  = "595959"
)

func applyLook(style *excelize.Style, l look) {
	ruled := []excelize.Border{{Type: "bottom", Color: hairGrey, Style: 1}}
	switch l {
	case lookTitle:
		style.Font.Bold, style.Font.Size, style.Font.Color = true, 18, inkBlue
	case lookSection:
		style.Alignment.Vertical = "bottom"
		style.Font.Bold, style.Font.Size, style.Font.Color = true, 13, inkBlue
	case lookNote, lookWrappedNote:
		style.Font.Color = textGrey
		style.Alignment.WrapText = l == lookWrappedNote
	case lookForm:
		style.Fill, style.Alignment.WrapText = solid(formBlue), true
		style.Border = []excelize.Border{{Type: "bottom", Color: midBlue, Style: 1}, {Type: "left", Color: midBlue, Style: 1}, {Type: "right", Color: midBlue, Style: 1}}
	case lookWrap:
		style.Alignment.WrapText, style.Border = true, ruled
	case lookHeader:
		paint(style, inkBlue, "FFFFFF")
		if style.Alignment.Horizontal == "right" {
			style.Alignment.Indent = 1
		}
		style.Alignment.WrapText, style.Alignment.Vertical = true, "center"
	case lookTotal:
		paint(style, paleBlue, "000000")
		style.Border = []excelize.Border{{Type: "top", Color: "000000", Style: 1}}
	case lookTiesOut:
		paint(style, paleGreen, "000000")
		style.Font.Size, style.Alignment.WrapText, style.Alignment.Vertical = 13, true, "center"
	case lookExcepted:
		paint(style, darkRed, "FFFFFF")
		style.Font.Size, style.Alignment.WrapText, style.Alignment.Vertical = 13, true, "center"
	case lookCritical:
		paint(style, darkRed, "FFFFFF")
	case lookHigh:
		paint(style, orange, "000000")
	case lookMedium:
		paint(style, yellow, "000000")
		style.Font.Bold = false
	default:
		style.Border = ruled
	}
}

func paint(style *excelize.Style, fill, font string) {
	style.Fill = solid(fill)
	style.Font.Bold, style.Font.Color = true, font
}
