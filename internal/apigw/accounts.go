package apigw

import (
	"context"
	"net/http"
	"slices"

	"serverlesschat/internal/accounts"
	"serverlesschat/internal/auth"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/telemetry"
	"serverlesschat/internal/wire"
)

// AccountServices are what requests about accounts call.
type AccountServices struct {
	Registrar     *accounts.Registrar
	Authenticator *accounts.Authenticator
	Families      *auth.Families
	KeySet        func(context.Context) ([]byte, error) // our public keys, as a JWKS
}

// Accounts handles the requests about accounts and their tokens, and about users' own records. Where users come with
// tokens of another issuer, there are no accounts of ours, and services is nil.
func Accounts(guard Guard, self *accounts.Self, services *AccountServices) func(context.Context, restEvent) (restReply, error) {
	routes := map[string]restHandler{
		"GET /users/me": call(guard.writer, parameters, readNothing,
			func(ctx context.Context, who chat.Identity, _ struct{}) (restReply, error) {
				p, err := self.Show(ctx, who.User)
				return jsonReply(http.StatusOK, wire.User(p.User, p.DisplayName)), err
			}),
		"PATCH /users/me": call(guard.writer, bodyOf, accounts.ReadPatchSelf,
			func(ctx context.Context, who chat.Identity, in accounts.PatchSelf) (restReply, error) {
				p, err := self.Patch(ctx, who.User, in)
				return jsonReply(http.StatusOK, wire.User(p.User, p.DisplayName)), err
			}),
	}
	if services != nil {
		routes["POST /auth/register"] = services.register
		routes["POST /auth/token"] = inOAuth(services.token, chat.CodeInvalid, chat.CodeTooLarge, chat.CodeUnauthorized)
		routes["POST /auth/revoke"] = inOAuth(func(ctx context.Context, event restEvent) (restReply, error) {
			return services.revoke(ctx, guard, event)
		}, chat.CodeInvalid, chat.CodeTooLarge)
		routes["POST /auth/password"] = call(guard.writer, bodyOf, accounts.ReadPasswordChange,
			func(ctx context.Context, who chat.Identity, in accounts.PasswordChange) (restReply, error) {
				return noContent(), services.Authenticator.ChangePassword(ctx, who, in)
			})
		routes["GET /.well-known/jwks.json"] = services.keySet
	}
	return route(routes)
}

func (s *AccountServices) register(ctx context.Context, event restEvent) (restReply, error) {
	fields, err := bodyOf(event)
	if err != nil {
		return restReply{}, err
	}
	in := accounts.ReadRegistration(fields)
	if err := fields.Err(); err != nil {
		return restReply{}, err
	}
	p, err := s.Registrar.Register(ctx, addressOf(event), in)
	if err != nil {
		return restReply{}, err
	}
	return jsonReply(http.StatusCreated, wire.User(p.User, p.DisplayName)), nil
}

// keySet shows our public keys. Others may keep them for as long as a new key is published before it signs.
func (s *AccountServices) keySet(ctx context.Context, _ restEvent) (restReply, error) {
	set, err := s.KeySet(ctx)
	if err != nil {
		return restReply{}, err
	}
	reply := textReply(http.StatusOK, "application/jwk-set+json", set) // RFC 7517, 8.5.2
	reply.Headers["cache-control"] = cacheFor(auth.KeyCacheAge)
	return reply, nil
}

// inOAuth has errors of some codes told in the words of OAuth 2.0.
func inOAuth(handle restHandler, codes ...chat.Code) restHandler {
	return func(ctx context.Context, event restEvent) (restReply, error) {
		reply, err := handle(ctx, event)
		if !slices.Contains(codes, chat.CodeOf(err)) {
			return reply, err
		}
		telemetry.From(ctx).Fail(string(chat.CodeOf(err)), err)
		return jsonReply(http.StatusBadRequest, wire.OAuthError(err)), nil
	}
}

// token is an OAuth 2.0 token endpoint (RFC 6749, 3.2) for the chat's own page: it takes passwords, which third parties
// must never ask for (RFC 9700, 2.4).
func (s *AccountServices) token(ctx context.Context, event restEvent) (restReply, error) {
	form, err := formOf(event)
	if err != nil {
		return restReply{}, err
	}
	fields := chat.NewFields(form)
	byCookie := fields.Flag("cookie")
	var tokens auth.Tokens
	switch grant := fields.Text("grant_type"); {
	case fields.Err() != nil:
		return restReply{}, fields.Err()
	case grant == "password":
		tokens, err = s.signIn(ctx, addressOf(event), fields)
	case grant == "refresh_token":
		tokens, err = s.refresh(ctx, event, fields, byCookie)
	default:
		err = wire.ErrGrantType
	}
	if err != nil {
		return restReply{}, err
	}
	reply := jsonReply(http.StatusOK, wire.Tokens(tokens, !byCookie))
	if byCookie {
		reply.Cookies = []string{refreshCookie(tokens.Refresh, tokens.EndsAt)}
	}
	return reply, nil
}

func (s *AccountServices) signIn(ctx context.Context, address string, fields *chat.Fields) (auth.Tokens, error) {
	in := accounts.ReadSignIn(fields)
	if err := fields.Err(); err != nil {
		return auth.Tokens{}, err
	}
	account, err := s.Authenticator.SignIn(ctx, address, in)
	if err != nil {
		return auth.Tokens{}, err
	}
	return s.Families.Open(ctx, account.User, account.PasswordVersion)
}

func (s *AccountServices) refresh(
	ctx context.Context, event restEvent, fields *chat.Fields, byCookie bool,
) (auth.Tokens, error) {
	token := refreshTokenOf(event, fields, "refresh_token", byCookie)
	attempt := fields.OptionalLabel("attempt")
	if err := fields.Err(); err != nil {
		return auth.Tokens{}, err
	}
	return s.Families.Refresh(ctx, token, attempt)
}

// revoke ends sign-ins (RFC 7009): the one of a refresh token, or all of whoever shows an access token.
func (s *AccountServices) revoke(ctx context.Context, guard Guard, event restEvent) (restReply, error) {
	form, err := formOf(event)
	if err != nil {
		return restReply{}, err
	}
	fields := chat.NewFields(form)
	byCookie := fields.Flag("cookie")
	optionalToken(fields, "token") // which says nothing beside all
	if !fields.Flag("all") {
		token := refreshTokenOf(event, fields, "token", byCookie)
		if err := fields.Err(); err != nil {
			return restReply{}, err
		}
		return revoked(byCookie), s.Families.Revoke(ctx, token)
	}
	if err := fields.Err(); err != nil {
		return restReply{}, err
	}
	identity, err := guard.writer(ctx, event)
	if err != nil {
		return restReply{}, err
	}
	return revoked(byCookie), s.Families.EndAll(ctx, identity.User, "")
}

// revoked is the reply that says that all is done. It takes the cookie away.
func revoked(byCookie bool) restReply {
	reply := jsonReply(http.StatusOK, []byte("{}"))
	if byCookie {
		reply.Cookies = []string{noRefreshCookie()}
	}
	return reply
}
