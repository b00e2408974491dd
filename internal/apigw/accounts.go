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
		"GET /users/me": func(ctx context.Context, event restEvent) (restReply, error) {
			return showSelf(ctx, guard, self, event)
		},
		"PATCH /users/me": callWithBody(guard, accounts.ReadPatchSelf,
			func(ctx context.Context, user chat.UserID, in accounts.PatchSelf) (int, []byte, error) {
				p, err := self.Patch(ctx, user, in)
				return http.StatusOK, wire.User(p.User, p.DisplayName), err
			}),
	}
	if services != nil {
		routes["POST /auth/register"] = services.register
		routes["POST /auth/token"] = inOAuth(services.token, chat.CodeInvalid, chat.CodeTooLarge, chat.CodeUnauthorized)
		routes["POST /auth/revoke"] = inOAuth(func(ctx context.Context, event restEvent) (restReply, error) {
			return services.revoke(ctx, guard, event)
		}, chat.CodeInvalid, chat.CodeTooLarge)
		routes["POST /auth/password"] = func(ctx context.Context, event restEvent) (restReply, error) {
			return services.changePassword(ctx, guard, event)
		}
		routes["GET /.well-known/jwks.json"] = services.keySet
	}
	return route(routes)
}

func (s *AccountServices) register(ctx context.Context, event restEvent) (restReply, error) {
	r, err := bodyOf(event, "")
	if err != nil {
		return restReply{}, err
	}
	fields := r.Fields()
	in := accounts.ReadRegistration(fields)
	if err := fields.Err(); err != nil {
		return restReply{}, err
	}
	p, err := s.Registrar.Register(ctx, addressOf(event), in)
	if err != nil {
		return restReply{}, err
	}
	return jsonReply(http.StatusCreated, "application/json", wire.User(p.User, p.DisplayName)), nil
}

// showSelf shows a user's own record, to who is still signed in.
func showSelf(ctx context.Context, guard Guard, self *accounts.Self, event restEvent) (restReply, error) {
	who, err := guard.writer(ctx, event)
	if err != nil {
		return restReply{}, err
	}
	p, err := self.Show(ctx, who.User)
	if err != nil {
		return restReply{}, err
	}
	return jsonReply(http.StatusOK, "application/json", wire.User(p.User, p.DisplayName)), nil
}

func (s *AccountServices) changePassword(ctx context.Context, guard Guard, event restEvent) (restReply, error) {
	identity, err := guard.writer(ctx, event)
	if err != nil {
		return restReply{}, err
	}
	r, err := bodyOf(event, "")
	if err != nil {
		return restReply{}, err
	}
	fields := r.Fields()
	in := accounts.ReadPasswordChange(fields)
	if err := fields.Err(); err != nil {
		return restReply{}, err
	}
	return noContent(), s.Authenticator.ChangePassword(ctx, identity, in)
}

// keySet shows our public keys. Others may keep them for as long as a new key is published before it signs.
func (s *AccountServices) keySet(ctx context.Context, _ restEvent) (restReply, error) {
	set, err := s.KeySet(ctx)
	if err != nil {
		return restReply{}, err
	}
	reply := jsonReply(http.StatusOK, "application/jwk-set+json", set) // RFC 7517, 8.5.2
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
		return jsonReply(http.StatusBadRequest, "application/json", wire.OAuthError(err)), nil
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
	reply := jsonReply(http.StatusOK, "application/json", wire.Tokens(tokens, !byCookie))
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
	reply := jsonReply(http.StatusOK, "application/json", []byte("{}"))
	if byCookie {
		reply.Cookies = []string{noRefreshCookie()}
	}
	return reply
}
