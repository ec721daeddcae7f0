package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/textproto"
	"os"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// The ways in which a connection to a mail server is kept from others' eyes.
const (
	StartTLS  = "starttls" // required: a server that does not offer it gets nothing
	TLS       = "tls"      // from the first byte
	Plaintext = "none"     // for a server on the same machine
)

// Mail sends the brief with the workbook attached.
type Mail struct {
	Host       string
	Port       int
	Encryption string // StartTLS, TLS or Plaintext
	CAFile     string // certificates to trust besides the system's, in PEM; empty: none
	Username   string // empty: no authentication
	Password   string // secret
	From       string
	To         []string
	Attach     string        // ending of the file to attach; empty: none
	Timeout    time.Duration // of the whole exchange; zero: a minute
	Wait       time.Duration // before the second try; zero: a second
}

// Name is "mail".
func (Mail) Name() string { return "mail" }

// Repeatable: nobody wants a mail twice.
func (Mail) Repeatable() bool { return false }

// Deliver sends one mail to all recipients. arrived tells that the server may have taken it: an error then means that its
// answer got lost.
func (m Mail) Deliver(ctx context.Context, parcel Parcel) (arrived bool, err error) {
	message, err := m.compose(parcel)
	if err != nil {
		return false, finalError{err}
	}
	return persist(ctx, orSecond(m.Wait), func() (bool, error) { return m.send(ctx, message) })
}

func (m Mail) compose(parcel Parcel) (*mail.Msg, error) {
	message := mail.NewMsg()
	if err := errors.Join(message.From(m.From), message.To(m.To...)); err != nil {
		return nil, fmt.Errorf("address the mail: %w", err)
	}
	message.Subject(fmt.Sprintf("tieout %s: %s", parcel.FinanceDay, parcel.Headline()))
	// The same report has the same id, so that a mailbox that knows it can tell.
	message.SetMessageIDWithValue(parcel.ID()[:32] + "@" + domainOf(m.From))
	message.SetDate()
	message.SetGenHeader(mail.Header("Auto-Submitted"), "auto-generated")
	message.SetBodyString(mail.TypeTextPlain, parcel.Brief)
	if m.Attach != "" {
		path := parcel.file(m.Attach)
		if path == "" {
			return nil, fmt.Errorf("attach the %s file: the report of %s has none: see reports.formats", m.Attach, parcel.FinanceDay)
		}
		message.AttachFile(path, mail.WithFileContentType(mail.ContentType(ContentType(path))))
	}
	return message, nil
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(strings.TrimSuffix(address, ">"), "@")
	if domain == "" {
		return "localhost"
	}
	return domain
}

// send is one try. The server has taken a mail when it answers the end of its content with 250: until that end is sent a
// broken connection leaves nothing, and after it nobody can tell.
func (m Mail) send(ctx context.Context, message *mail.Msg) (arrived bool, err error) {
	client, err := m.client()
	if err != nil {
		return false, finalError{err}
	}
	if err := client.DialWithContext(ctx); err != nil {
		return false, m.explain(fmt.Errorf("connect to the mail server: %w", err))
	}
	defer client.Close() // what its answer says comes after the mail was taken
	err = client.Send(message)
	if message.IsDelivered() {
		return true, nil
	}
	var failed *mail.SendError
	var answered *textproto.Error
	if errors.As(err, &failed) && failed.Reason == mail.ErrSMTPDataClose && failed.ErrorCode() == 0 && !errors.As(err, &answered) {
		return true, fmt.Errorf("the mail server did not answer whether it took the mail: %w", err)
	}
	return false, m.explain(fmt.Errorf("send the mail: %w", err))
}

// explain makes what the server refused for good final (5xx).
func (m Mail) explain(err error) error {
	var failed *mail.SendError
	var answered *textproto.Error
	refused := errors.As(err, &failed) && failed.ErrorCode() >= 500 || errors.As(err, &answered) && answered.Code >= 500
	var certificate *tls.CertificateVerificationError
	if refused || errors.As(err, &certificate) {
		return finalError{err}
	}
	return err
}

func (m Mail) client() (*mail.Client, error) {
	options := []mail.Option{mail.WithPort(m.Port), mail.WithTimeout(m.timeout())}
	config, err := m.tlsConfig()
	if err != nil {
		return nil, err
	}
	options = append(options, mail.WithTLSConfig(config))
	switch m.Encryption {
	case TLS:
		options = append(options, mail.WithSSL())
	case Plaintext:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if m.Username != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.Username), mail.WithPassword(m.Password))
	}
	client, err := mail.NewClient(m.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("prepare the mail: %w", err)
	}
	return client, nil
}

func (m Mail) timeout() time.Duration {
	if m.Timeout <= 0 {
		return time.Minute
	}
	return m.Timeout
}

func (m Mail) tlsConfig() (*tls.Config, error) {
	config := &tls.Config{ServerName: m.Host, MinVersion: tls.VersionTLS12}
	if m.CAFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(m.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read the certificates to trust: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read the certificates to trust: %s holds none in PEM", m.CAFile)
	}
	config.RootCAs = roots
	return config, nil
}
