package config

import (
	"log/slog"
	"time"
)

// Default gives the settings that hold when nothing is set. Each is documented at its field.
func Default() *Config {
	return &Config{
		Database: Database{URL: NewDatabaseURL("sqlite:tieout.db")},
		Timezone: Zone{time.UTC},
		Feeds:    Feeds{Shop: defaultShop(), Stripe: defaultStripe(), TrustPayments: defaultTrustPayments()},
		Policy:   defaultPolicy(),
		Actions:  Actions{CancelExpired: true},
		Reports:  Reports{Directory: "reports", Formats: []string{"xlsx", "html", "csv"}},
		Audit:    Audit{Name: "tieout"},
		Delivery: Delivery{Mail: Mail{Encryption: "starttls", AttachWorkbook: true}},
		Schedule: Schedule{Daily: "0 6 * * *", CancelExpired: "7-59/15 * * * *", Listen: "127.0.0.1:9464"},
		Log:      Log{Format: "auto", Level: slog.LevelInfo},
	}
}

func defaultShop() Shop {
	return Shop{
		Account: "shop",
		Statuses: Statuses{
			Pending:  []string{"pending"},
			Paid:     []string{"paid"},
			Canceled: []string{"canceled"},
			Refunded: []string{"refunded"},
		},
		Providers: map[string]string{"stripe": "stripe", "trustpayments": "trustpayments"},
		Refunds: Refunds{Statuses: RefundStatuses{
			Requested: []string{"requested"},
			Done:      []string{"done"},
			Rejected:  []string{"rejected"},
		}},
	}
}

func defaultStripe() Stripe {
	return Stripe{
		Account:                "default",
		BaseURL:                "https://api.stripe.com",
		ReferenceKeys:          []string{"metadata.order_id", "metadata.order_reference"},
		PaymentMethods:         []string{"alipay"},
		Since:                  Since{Ago: 100 * day},
		Overlap:                time.Hour,
		Lag:                    5 * time.Minute,
		Timeout:                80 * time.Second,
		RetryWait:              500 * time.Millisecond,
		RequestsPerSecond:      25,
		RequestsPerSecondInAll: 100,
	}
}

func defaultTrustPayments() TrustPayments {
	return TrustPayments{
		BaseURL:           "https://webservices.securetrading.net/json/",
		Live:              true,
		PaymentTypes:      []string{"ALIPAY"},
		Since:             Since{Ago: 100 * day},
		Overlap:           time.Hour,
		Lag:               5 * time.Minute,
		Timeout:           60 * time.Second,
		RequestsPerSecond: 10,
	}
}

func defaultPolicy() Policy {
	return Policy{
		Grace: Grace{
			MissingAtProvider:       day,
			MissingOrder:            time.Hour,
			PaidNotRecorded:         time.Hour,
			RefundNotRecorded:       day,
			RefundMissingAtProvider: 3 * day,
		},
		RefundWindow:           RefundWindow{Stripe: 90 * day, TrustPayments: 90 * day},
		RefundWindowWarning:    []int{14, 7, 3, 1},
		SettlementOverdueAfter: 7 * day,
		Source: SourcePolicy{
			PendingFor:    time.Hour,
			ChargeableFor: 6 * time.Hour,
			Cutoff:        TimeOfDay{23, 45},
			CutoffZone:    shanghai(),
		},
		Cancel:                      CancelPolicy{DeclinedAfter: day},
		PaymentWithoutMovementAfter: 7 * day,
		StickyFor:                   30 * day,
	}
}

// shanghai is always found, since the zones are linked in; were it not, the fixed zone is the same, as China keeps no
// daylight-saving time.
func shanghai() Zone {
	const name = "Asia/Shanghai"
	if zone, err := parseZone(name); err == nil {
		return zone
	}
	return Zone{time.FixedZone(name, 8*60*60)}
}
