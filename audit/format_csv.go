package audit

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

type csvWriter struct{ out *bufio.Writer }

func newCSVWriter(k *Kind, out io.Writer) (*csvWriter, error) {
	w := &csvWriter{bufio.NewWriterSize(out, 1<<16)}
	_, err := w.out.WriteString(k.header() + "\n")
	return w, err
}

func (w *csvWriter) write(line []byte, _ int64, _ []string) error {
	if _, err := w.out.Write(line); err != nil {
		return err
	}
	return w.out.WriteByte('\n')
}

func (w *csvWriter) close() error { return w.out.Flush() }

// lineReader reads a text file line by line.
type lineReader struct {
	in   *bufio.Reader
	long []byte // a line that is longer than the buffer
	at   int64
}

func newLineReader(in *io.SectionReader) lineReader {
	return lineReader{in: bufio.NewReaderSize(in, int(min(in.Size()+1, 1<<18)))}
}

// line is the next one without its end. One that is too long, or has no end, is errUnreadable.
func (r *lineReader) line() ([]byte, error) {
	line, err := r.in.ReadSlice('\n')
	if err == io.EOF && len(line) == 0 {
		return nil, io.EOF
	}
	r.at++
	if err == bufio.ErrBufferFull {
		line, err = r.rest(line)
	}
	switch {
	case err == io.EOF:
		return line, errUnreadable
	case err != nil:
		return nil, err
	}
	return line[:len(line)-1], nil
}

// rest reads on a line that is longer than the buffer; of one that is too long, only where the next begins is found out.
func (r *lineReader) rest(line []byte) ([]byte, error) {
	r.long = append(r.long[:0], line...)
	for {
		more, err := r.in.ReadSlice('\n')
		if len(r.long) <= maxLine {
			r.long = append(r.long, more...)
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if err == nil && len(r.long) > maxLine {
			err = errUnreadable
		}
		return r.long, err
	}
}

// csvReader gives back lines as they stand.
type csvReader struct {
	lines lineReader
	line  []byte
}

func newCSVReader(k *Kind, in *io.SectionReader) (*csvReader, error) {
	r := &csvReader{lines: newLineReader(in), line: []byte{leafPrefix}}
	header, err := r.lines.line()
	if err != nil && err != io.EOF && err != errUnreadable {
		return nil, err
	}
	if err != nil || !bytes.Equal(header, []byte(k.header())) {
		return nil, fmt.Errorf("%w: its first line does not name the columns of %s", errUnreadable, k.Name)
	}
	return r, nil
}

func (r *csvReader) next() ([]byte, int64, error) {
	line, err := r.lines.line()
	r.line = append(r.line[:1], line...)
	return r.line, r.lines.at, err
}

func (*csvReader) close() error { return nil }
