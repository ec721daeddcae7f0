package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"golang.org/x/time/rate"

	"tieout/config"
	"tieout/feeds"
	"tieout/feeds/alipay"
	"tieout/feeds/shop"
	"tieout/feeds/stripe"
	"tieout/feeds/trustpayments"
	"tieout/jobs"
	"tieout/reconcile"
	"tieout/sql/store"
)

// parts are the program put together for one configuration.
type parts struct {
	config    *config.Config
	log       *slog.Logger
	store     *store.Store
	shop      *shop.Shop // nil when orders are only imported
	mapping   shop.Mapping
	providers []provider
	again     []string // carriers that are to bring a report even if it was brought
	closers   []func() error
}

// provider is one account of one payment provider.
type provider struct {
	client    jobs.Feed // and a jobs.Rechecker, where it can be asked what is true now; a jobs.Refunder, where it takes refunds
	normalise feeds.Normalise
	since     config.Since
	overlap   time.Duration
	lag       time.Duration
}

// open loads the configuration and opens the store, whose tables must be up to date.
func (a *app) open(ctx context.Context) (*parts, error) {
	c, err := a.load()
	if err != nil {
		return nil, err
	}
	p := a.parts(c)
	if err := p.openStore(ctx); err != nil {
		return nil, err
	}
	if err := errors.Join(p.store.Ready(ctx), p.freshen(ctx)); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// freshen derives the projections anew where an older program made them.
func (p *parts) freshen(ctx context.Context) error {
	if stale, err := p.store.Stale(ctx); err != nil || !stale {
		return err
	}
	p.log.Warn("this version keeps records another way: they are derived again from the observations, once")
	_, err := p.rebuild(ctx)
	return err
}

// rebuild derives the projections anew, under the lock.
func (p *parts) rebuild(ctx context.Context) (feeds.Counts, error) {
	held, release, err := p.store.Lock(ctx, holder())
	if err != nil {
		return feeds.Counts{}, err
	}
	counts, failure := p.store.Rebuild(held, p.normalise())
	return counts, errors.Join(failure, release(context.WithoutCancel(ctx)))
}

// parts are the program before anything is opened.
func (a *app) parts(c *config.Config) *parts {
	return &parts{config: c, log: a.logger(c), mapping: mappingOf(c.Feeds.Shop)}
}

func (p *parts) openStore(ctx context.Context) (err error) {
	p.store, err = store.Open(ctx, p.config.Database.URL.Reveal())
	if err == nil {
		p.closers = append(p.closers, p.store.Close)
	}
	return err
}

// openFeeds opens the store, the shop and the providers.
func (a *app) openFeeds(ctx context.Context) (*parts, error) {
	p, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(p.openShop(ctx), p.openProviders()); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *parts) close() error {
	var failures []error
	for i := len(p.closers) - 1; i >= 0; i-- {
		failures = append(failures, p.closers[i]())
	}
	return errors.Join(failures...)
}

// openShop connects to the shop's table, in tieout's own database unless another one is configured, and checks that the
// mapping fits it.
func (p *parts) openShop(ctx context.Context) error {
	settings := p.config.Feeds.Shop
	if settings.Table == "" {
		return nil
	}
	if settings.URL.IsZero() {
		opened, err := shop.Open(ctx, p.store.DB(), p.store.Dialect(), p.mapping)
		p.shop = opened
		return err
	}
	db, dialect, err := shop.OpenURL(ctx, settings.URL.Reveal())
	if err != nil {
		return err
	}
	p.closers = append(p.closers, db.Close)
	p.shop, err = shop.Open(ctx, db, dialect, p.mapping)
	return err
}

func mappingOf(s config.Shop) shop.Mapping {
	mapping := shop.Mapping{
		Account: s.Account, Table: s.Table, Columns: shop.Columns(s.Columns), Statuses: shop.Statuses(s.Statuses),
		Currency: s.Currency, Providers: s.Providers,
	}
	if s.Refunds.Table != "" {
		mapping.Refunds = &shop.Refunds{Table: s.Refunds.Table, Columns: shop.RefundColumns(s.Refunds.Columns), Statuses: shop.RefundStatuses(s.Refunds.Statuses)}
	}
	return mapping
}

func (p *parts) openProviders() error {
	return errors.Join(p.openStripe(), p.openTrustPayments(), p.openAlipay())
}

func (p *parts) openStripe() error {
	if !p.config.Feeds.Stripe.Enabled() {
		return nil
	}
	for _, s := range p.config.Feeds.Stripe.Each() {
		client, err := stripe.New(stripe.Options{
			Key: s.APIKey.Reveal(), Account: s.Account, BaseURL: s.BaseURL, ReferenceKeys: s.ReferenceKeys,
			PaymentMethods: s.PaymentMethods, Timeout: s.Timeout, RetryWait: s.RetryWait,
			RequestsPerSecond: float64(s.RequestsPerSecond), RequestsPerSecondInAll: float64(s.RequestsPerSecondInAll),
		})
		if err != nil {
			return usageError{err}
		}
		p.providers = append(p.providers, provider{client: client, normalise: stripe.NewNormaliser(s.ReferenceKeys, s.PaymentMethods), since: s.Since, overlap: s.Overlap, lag: s.Lag})
	}
	return nil
}

func (p *parts) openTrustPayments() error {
	if !p.config.Feeds.TrustPayments.Enabled() {
		return nil
	}
	for _, s := range p.config.Feeds.TrustPayments.Each() {
		if err := p.openSites(s); err != nil {
			return usageError{err}
		}
	}
	return nil
}

// openSites makes a client for each site of one Webservices user.
func (p *parts) openSites(s config.TrustPayments) error {
	for _, site := range s.SiteReferences {
		client, err := trustpayments.New(trustpayments.Options{
			Username: s.Username, Password: s.Password.Reveal(), Site: site, BaseURL: s.BaseURL, Live: s.Live,
			MaxRecords: s.MaxRecords, Source: s.Source, SearchURL: s.SearchURL, SearchMaxRecords: s.SearchMaxRecords, SearchFields: s.SearchFields,
			Timeout: s.Timeout, RetryWait: s.RetryWait, Rate: rate.Limit(s.RequestsPerSecond), Connections: s.Connections,
		})
		if err != nil {
			return err
		}
		p.providers = append(p.providers, provider{client: client, normalise: trustpayments.NewNormaliser(s.PaymentTypes), since: s.Since, overlap: s.Overlap, lag: s.Lag})
	}
	return nil
}

func (p *parts) openAlipay() error {
	s := p.config.Feeds.Alipay
	if !s.Enabled() {
		return nil
	}
	files, err := alipay.New(alipay.Options{Account: s.Account, Directory: s.Directory, Layout: alipayLayout(s), DayInName: s.DayInName, PublishedIn: s.PublishedIn})
	if err != nil {
		return usageError{err}
	}
	p.providers = append(p.providers, provider{client: files, normalise: alipay.Normalise, since: s.Since, overlap: s.Overlap})
	return nil
}

func alipayLayout(s config.Alipay) alipay.Layout {
	return alipay.Layout{
		Columns: alipay.Columns(s.Columns), Types: alipay.Types(s.Types), Statuses: alipay.Statuses(s.Statuses),
		EndMark: s.EndMark, SummaryLines: s.SummaryLines, Zone: s.Timezone.Location,
	}
}

// feedNames are the feeds that there can be.
func feedNames() []string {
	return []string{reconcile.FeedShop, reconcile.FeedStripe, reconcile.FeedTrustPayments, alipay.Feed}
}

// normalise reads an observation of any feed and account, configured or not: evidence outlives configuration. What is of no
// configured account is read as the section of its feed says.
func (p *parts) normalise() feeds.Normalise {
	s := p.config.Feeds
	byAccount := map[[2]string]feeds.Normalise{}
	for _, account := range s.Stripe.Each() {
		byAccount[[2]string{reconcile.FeedStripe, account.Account}] = stripe.NewNormaliser(account.ReferenceKeys, account.PaymentMethods)
	}
	for _, user := range s.TrustPayments.Each() {
		for _, site := range user.SiteReferences {
			byAccount[[2]string{reconcile.FeedTrustPayments, site}] = trustpayments.NewNormaliser(user.PaymentTypes)
		}
	}
	byFeed := map[string]feeds.Normalise{
		reconcile.FeedShop:          shop.NewNormaliser(p.mapping),
		reconcile.FeedStripe:        stripe.NewNormaliser(s.Stripe.ReferenceKeys, s.Stripe.PaymentMethods),
		reconcile.FeedTrustPayments: trustpayments.NewNormaliser(s.TrustPayments.PaymentTypes),
		alipay.Feed:                 alipay.Normalise,
	}
	return func(observation feeds.Observation) reconcile.Record {
		key := observation.Key
		if normalise, ok := byAccount[[2]string{key.Feed, key.Account}]; ok {
			return normalise(observation)
		}
		if normalise, ok := byFeed[key.Feed]; ok {
			return normalise(observation)
		}
		return reconcile.Rejection{Key: key, Reason: fmt.Sprintf("unknown feed %q", key.Feed)}
	}
}

// policy is the configuration's, in the core's words.
func policy(c config.Policy) reconcile.Policy {
	p := reconcile.DefaultPolicy()
	p.Grace = reconcile.Grace(c.Grace)
	p.RefundWindows = map[string]time.Duration{reconcile.FeedStripe: c.RefundWindow.Stripe, reconcile.FeedTrustPayments: c.RefundWindow.TrustPayments, alipay.Feed: c.RefundWindow.Alipay}
	p.RefundWarnings = nil
	for _, days := range c.RefundWindowWarning {
		p.RefundWarnings = append(p.RefundWarnings, time.Duration(days)*24*time.Hour)
	}
	p.SettlementOverdueAfter = c.SettlementOverdueAfter
	p.Source = reconcile.SourcePolicy{
		PendingFor: c.Source.PendingFor, ChargeableFor: c.Source.ChargeableFor,
		CutoffHour: c.Source.Cutoff.Hour, CutoffMinute: c.Source.Cutoff.Minute, CutoffZone: c.Source.CutoffZone.Location,
	}
	p.Cancel = reconcile.CancelPolicy(c.Cancel)
	p.StickyFor = c.StickyFor
	p.MovementAfter = c.PaymentWithoutMovementAfter
	return p
}

// runner puts the jobs of the daily run together.
func (p *parts) runner() *jobs.Runner {
	judging := jobs.Judging{Cases: p.store, Judgements: p.store, Policy: policy(p.config.Policy), Accounts: p.accounts()}
	fetch := &jobs.Fetch{Evidence: p.store, Cluster: p.store.Cluster}
	cancel := &jobs.CancelExpired{
		Judging: judging, Facts: p.store, Cancellations: p.store, Evidence: p.store, ShopNormalise: shop.NewNormaliser(p.mapping),
		Enabled: p.config.Actions.CancelExpired, MaxCancels: p.config.Actions.MaxCancels,
	}
	refunds := &jobs.Refunds{Judging: judging, Facts: p.store, Ledger: p.store, Intents: p.store, Execute: p.config.Actions.Refunds}
	if p.shop != nil {
		fetch.Plans = append(fetch.Plans, jobs.FetchPlan{Feed: p.shop, Normalise: cancel.ShopNormalise, Since: fromTheBeginning, Overlap: shopOverlap})
		cancel.Shop = shopWriter{p.shop}
	}
	for _, at := range p.providers {
		fetch.Plans = append(fetch.Plans, jobs.FetchPlan{Feed: at.client, Normalise: at.normalise, Since: at.since.From, Overlap: at.overlap, Lag: at.lag})
		if asked, ok := at.client.(jobs.Rechecker); ok {
			cancel.Providers = append(cancel.Providers, jobs.RecheckPlan{Account: asked, Normalise: at.normalise, Overlap: at.overlap})
		} else {
			cancel.Unasked = append(cancel.Unasked, at.client.Feed())
		}
		if giver, ok := at.client.(jobs.Refunder); ok {
			refunds.Providers = append(refunds.Providers, giver)
		} else {
			refunds.ByHand = append(refunds.ByHand, at.client.Feed())
		}
	}
	return &jobs.Runner{
		Record: p.store, Locker: p.store, Clock: time.Now, Holder: holder(), Log: p.log,
		Jobs: []jobs.Job{fetch, &jobs.Reconcile{Judging: judging, Everything: p.store, Ledger: p.store, Money: p.store, Version: version}, cancel,
			&jobs.AgeSettlements{Judging: judging, Unsettled: p.store}, refunds,
			&jobs.Seal{Add: p.seal}, &jobs.Report{Write: p.writeReport}, &jobs.Deliver{Ledger: p.store, Load: p.delivery, Again: p.again}},
	}
}

// fromTheBeginning: the first fetch of the shop reads every order, since a payment of today may be for an old one.
func fromTheBeginning(time.Time) time.Time { return time.Time{} }

// shopOverlap covers transactions that were open in the shop's database while the last fetch read it.
const shopOverlap = time.Hour

// accounts are all configured ones, the shop first.
func (p *parts) accounts() []reconcile.Coverage {
	accounts := []reconcile.Coverage{{Feed: reconcile.FeedShop, Account: p.mapping.Account}}
	for _, at := range p.providers {
		accounts = append(accounts, reconcile.Coverage{Feed: at.client.Feed(), Account: at.client.Account()})
	}
	return accounts
}

// holder names this process to others that want the lock.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return fmt.Sprintf("%s, process %d", host, os.Getpid())
}

// shopWriter says in the core's words how a cancel in the shop's table ended.
type shopWriter struct{ *shop.Shop }

// Cancel is shop.Shop.Cancel.
func (w shopWriter) Cancel(ctx context.Context, reference string, at time.Time) (reconcile.CancelOutcome, error) {
	outcome, err := w.Shop.Cancel(ctx, reference, at)
	if outcome == shop.Canceled {
		return reconcile.CancelDone, err
	}
	return reconcile.CancelLostRace, err
}
