package reports

import (
	"archive/zip"
	"bytes"
	"cmp"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"regexp"
	"slices"

	"github.com/klauspost/compress/flate"
)

// archive is the zip inside the workbook, with its parts in the order of their names. excelize hands over streamed
// sheets in the order of a Go map, which differs from run to run; the same day must give the same bytes. So parts are
// compressed into a spool file as they come and copied to the output, sorted, at the end. Memory stays flat.
//
// Parts are compressed at the fastest level: a long sheet is written in half the time for a fifth more bytes. They
// carry no modification time.
type archive struct {
	*zip.Writer // to the workbook
	spool       *os.File
	parts       []*part
	open        *part
	deflate     *flate.Writer
	types       bytes.Buffer // the list of types, as excelize hands it over
	err         error        // the first one: excelize passes over the errors of some writes
}

// part is one file of the archive and where in the spool its compressed bytes start.
type part struct {
	header zip.FileHeader
	start  int64
	sum    hash.Hash32
}

func newArchive(out io.Writer, spool *os.File) (*archive, error) {
	deflate, err := flate.NewWriter(spool, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	return &archive{Writer: zip.NewWriter(out), spool: spool, deflate: deflate}, nil
}

// Create ends the part before and begins the next.
func (a *archive) Create(name string) (io.Writer, error) {
	if err := a.endPart(); err != nil {
		return nil, err
	}
	start, err := a.spool.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, a.keep(err)
	}
	a.open = &part{header: zip.FileHeader{Name: name, Method: zip.Deflate}, start: start, sum: crc32.NewIEEE()}
	a.deflate.Reset(a.spool)
	return partWriter{a}, nil
}

type partWriter struct{ *archive }

func (w partWriter) Write(p []byte) (int, error) {
	if w.open.header.Name == contentTypes {
		return w.types.Write(p)
	}
	return w.pack(p)
}

func (a *archive) pack(p []byte) (int, error) {
	if a.err != nil {
		return 0, a.err
	}
	_, _ = a.open.sum.Write(p)
	a.open.header.UncompressedSize64 += uint64(len(p))
	n, err := a.deflate.Write(p)
	return n, a.keep(err)
}

// contentTypes is the part that lists the types of all others. In a workbook with charts, excelize lists those of the files
// that may come with them in the order of a Go map.
const contentTypes = "[Content_Types].xml"

var defaultType = regexp.MustCompile(`<Default [^>]*></Default>`)

// sortedTypes puts the types that go by a file's extension in their order.
func sortedTypes(list []byte) []byte {
	sorted := slices.SortedFunc(slices.Values(defaultType.FindAll(list, -1)), bytes.Compare)
	next := 0
	return defaultType.ReplaceAllFunc(list, func([]byte) []byte {
		next++
		return sorted[next-1]
	})
}

func (a *archive) endPart() error {
	if a.open == nil || a.err != nil {
		return a.err
	}
	if a.open.header.Name == contentTypes {
		if _, err := a.pack(sortedTypes(a.types.Bytes())); err != nil {
			return err
		}
	}
	if err := a.deflate.Close(); err != nil {
		return a.keep(err)
	}
	end, err := a.spool.Seek(0, io.SeekCurrent)
	if err != nil {
		return a.keep(err)
	}
	a.open.header.CompressedSize64 = uint64(end - a.open.start)
	a.open.header.CRC32 = a.open.sum.Sum32()
	a.parts = append(a.parts, a.open)
	a.open = nil
	return nil
}

// Close copies the parts to the output and ends the archive.
func (a *archive) Close() error {
	if err := a.endPart(); err != nil {
		return err
	}
	slices.SortFunc(a.parts, func(x, y *part) int { return cmp.Compare(x.header.Name, y.header.Name) })
	for _, p := range a.parts {
		to, err := a.CreateRaw(&p.header)
		if err != nil {
			return a.keep(err)
		}
		if _, err := io.Copy(to, io.NewSectionReader(a.spool, p.start, int64(p.header.CompressedSize64))); err != nil {
			return a.keep(err)
		}
	}
	return a.keep(a.Writer.Close())
}

func (a *archive) keep(err error) error {
	a.err = cmp.Or(a.err, err)
	return err
}
