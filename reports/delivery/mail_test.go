package delivery

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
)

// postOffice is a real SMTP server on the loopback, which keeps what it takes and may misbehave.
type postOffice struct {
	mu       sync.Mutex
	taken    []string // whole messages
	to       []string
	users    []string
	sessions int                                   // in which somebody began to send
	refuse   func(session int, stage string) error // stage: mail, rcpt or data
	vanish   bool                                  // hangs up when a message is whole, without an answer
}

func (o *postOffice) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &counter{office: o, conn: c}, nil
}

// counter is where one client stands.
type counter struct {
	office *postOffice
	number int
	conn   *smtp.Conn
	to     []string
}

func (c *counter) check(stage string) error {
	if c.office.refuse == nil {
		return nil
	}
	return c.office.refuse(c.number, stage)
}

func (c *counter) AuthMechanisms() []string { return []string{sasl.Plain} }

func (c *counter) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if password != "secret-word" {
			return errors.New("no")
		}
		c.office.users = append(c.office.users, username)
		return nil
	}), nil
}

func (c *counter) Mail(string, *smtp.MailOptions) error {
	c.office.mu.Lock()
	c.office.sessions++
	c.number = c.office.sessions
	c.office.mu.Unlock()
	return c.check("mail")
}

func (c *counter) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.to = append(c.to, to)
	return c.check("rcpt")
}

func (c *counter) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := c.check("data"); err != nil {
		return err
	}
	c.office.mu.Lock()
	defer c.office.mu.Unlock()
	c.office.taken, c.office.to = append(c.office.taken, string(content)), append(c.office.to, c.to...)
	if c.office.vanish {
		c.conn.Conn().Close()
	}
	return nil
}

func (c *counter) Reset()        { c.to = nil }
func (c *counter) Logout() error { return nil }

// certificate makes a certificate for localhost, and the file in which a client finds it to trust.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// open serves the office and returns a mail to it.
func (o *postOffice) open(t *testing.T, encryption string) Mail {
	t.Helper()
	server := smtp.NewServer(o)
	server.Domain, server.AllowInsecureAuth, server.ErrorLog = "localhost", encryption == Plaintext, silent{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mail := Mail{
		Host: "localhost", Port: listener.Addr().(*net.TCPAddr).Port, Encryption: encryption, From: "tieout <tieout@shop.example>",
		To: []string{"finance@shop.example", "cfo@shop.example"}, Attach: ".xlsx", Timeout: 5 * time.Second, Wait: time.Millisecond,
	}
	if encryption != Plaintext {
		own, file := certificate(t)
		mail.CAFile, server.TLSConfig = file, &tls.Config{Certificates: []tls.Certificate{own}}
	}
	if encryption == TLS {
		listener = tls.NewListener(listener, server.TLSConfig)
	}
	go server.Serve(listener) // ends with Close
	t.Cleanup(func() { server.Close() })
	return mail
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

func refusal(code int) error { return &smtp.SMTPError{Code: code, Message: "not now"} }

// TestMail: the brief is what one reads, the workbook is attached byte for byte, all recipients get it, in one mail.
func TestMail(t *testing.T) {
	for _, encryption := range []string{StartTLS, TLS, Plaintext} {
		t.Run(encryption, func(t *testing.T) {
			office := &postOffice{}
			sender := office.open(t, encryption)
			var users []string
			if encryption != Plaintext { // or the password would be anybody's to read
				sender.Username, sender.Password, users = "tieout", "secret-word", []string{"tieout"}
			}
			parcel := report(t, contents)
			if arrived, err := sender.Deliver(t.Context(), parcel); err != nil || !arrived {
				t.Fatalf("arrived %t, error %v", arrived, err)
			}
			if len(office.taken) != 1 {
				t.Fatalf("%d mails were taken", len(office.taken))
			}
			if diff := cmp.Diff([]string{"finance@shop.example", "cfo@shop.example"}, office.to); diff != "" {
				t.Errorf("recipients (-want +got):\n%s", diff)
			}
			if !slices.Equal(office.users, users) {
				t.Errorf("users %q", office.users)
			}
			subject, body, name, attached := read(t, office.taken[0])
			if want := "tieout 2026-03-10: 2 exceptions need a person, none critical."; subject != want {
				t.Errorf("subject %q, want %q", subject, want)
			}
			if strings.ReplaceAll(body, "\r\n", "\n") != contents["brief.txt"] || name != "tieout-2026-03-10.xlsx" || attached != contents[name] {
				t.Errorf("body %q, attached %q: %q", body, name, attached)
			}
		})
	}
}

// read takes a mail apart.
func read(t *testing.T, text string) (subject, body, name, attached string) {
	t.Helper()
	message, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	subject, err = new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	_, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(message.Body, parameters["boundary"])
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return subject, body, name, attached
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(decoded(part))
		if err != nil {
			t.Fatal(err)
		}
		if part.FileName() == "" {
			body = string(content)
			continue
		}
		name, attached = part.FileName(), string(content)
	}
}

// TestMailTroubles: what passes is tried again, what is refused for good is not, and one whose answer got lost is neither
// tried again nor called not sent.
func TestMailTroubles(t *testing.T) {
	first := func(stage string, err error) func(int, string) error {
		return func(session int, at string) error {
			if session == 1 && at == stage {
				return err
			}
			return nil
		}
	}
	for _, tc := range []struct {
		name     string
		office   *postOffice
		arrived  bool
		fails    string
		taken    int
		sessions int
	}{
		{"busy at the sender", &postOffice{refuse: first("mail", refusal(421))}, true, "", 1, 2},
		{"busy at a recipient", &postOffice{refuse: first("rcpt", refusal(450))}, true, "", 1, 2},
		{"busy at the end", &postOffice{refuse: first("data", refusal(451))}, true, "", 1, 2},
		{"unknown recipient", &postOffice{refuse: first("rcpt", refusal(550))}, false, "550", 0, 1},
		{"refused at the end", &postOffice{refuse: first("data", refusal(554))}, false, "554", 0, 1},
		{"always busy", &postOffice{refuse: func(int, string) error { return refusal(421) }}, false, "421", 0, tries},
		{"no answer at the end", &postOffice{vanish: true}, true, "did not answer whether it took the mail", 1, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			office := tc.office
			arrived, err := office.open(t, StartTLS).Deliver(t.Context(), report(t, contents))
			if arrived != tc.arrived || (err == nil) != (tc.fails == "") || err != nil && !strings.Contains(err.Error(), tc.fails) {
				t.Errorf("arrived %t, error %v; want %t, %q", arrived, err, tc.arrived, tc.fails)
			}
			if len(office.taken) != tc.taken || office.sessions != tc.sessions {
				t.Errorf("%d mails taken in %d sessions, want %d in %d", len(office.taken), office.sessions, tc.taken, tc.sessions)
			}
		})
	}
}

// TestMailNeverInTheClear: with starttls, a server that does not offer it, or whose certificate nobody vouches for, gets neither
// the mail nor the password.
func TestMailNeverInTheClear(t *testing.T) {
	plain := &postOffice{}
	sender := plain.open(t, Plaintext)
	sender.Encryption, sender.Username, sender.Password = StartTLS, "tieout", "secret-word"
	strange := &postOffice{}
	unknown := strange.open(t, StartTLS)
	unknown.CAFile, unknown.Username, unknown.Password = "", "tieout", "secret-word"
	for _, m := range []Mail{sender, unknown} {
		if arrived, err := m.Deliver(t.Context(), report(t, contents)); arrived || err == nil || strings.Contains(err.Error(), "secret-word") {
			t.Errorf("arrived %t, error %v", arrived, err)
		}
	}
	if len(plain.taken)+len(strange.taken)+len(plain.users)+len(strange.users) > 0 {
		t.Errorf("taken %q %q, users %q %q", plain.taken, strange.taken, plain.users, strange.users)
	}
}

func TestMailWithoutItsFile(t *testing.T) {
	office := &postOffice{}
	_, err := office.open(t, StartTLS).Deliver(t.Context(), report(t, map[string]string{"brief.txt": "Everything ties out.\n"}))
	if err == nil || !strings.Contains(err.Error(), "reports.formats") || office.sessions > 0 {
		t.Errorf("error %v after %d sessions", err, office.sessions)
	}
}

// decoded undoes a part's transfer encoding where the multipart reader does not.
func decoded(part *multipart.Part) io.Reader {
	if part.Header.Get("Content-Transfer-Encoding") == "base64" {
		return base64.NewDecoder(base64.StdEncoding, part)
	}
	return part
}
