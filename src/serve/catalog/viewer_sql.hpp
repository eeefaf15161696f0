#pragma once
// Rights as conditions of SQL, said once for all queries that answer for a viewer. They are about a
// repository `r`. Three parameters of the query in a row are the viewer's: sees_all, user_id,
// token_id; `first` is the number of the first of them.
//
// auth.hpp says the same of one repository in C++; a test holds them together.

#include <string>
#include <utility>

#include <fmt/format.h>

#include "catalog/access_requests.hpp"
#include "catalog/catalog.hpp"
#include "catalog/schema.hpp"

namespace mhub::serve {

/// A limited token is used within what it is limited to.
inline std::string inside_sql(int first) {
  return fmt::format(
      "(?{0}=0 OR r.id IN (SELECT repo_id FROM token_places WHERE token_id=?{0} AND repo_id IS NOT "
      "NULL) OR r.owner_key IN (SELECT owner_key FROM token_places WHERE token_id=?{0} AND repo_id "
      "IS NULL))",
      first + 2);
}

/// `r` lies in the user's own namespace, or in that of an organisation in which the user has at
/// least that role; or an administrator asks.
inline std::string member_sql(int first, MemberRole role) {
  return fmt::format(
      "(?{0} OR r.owner_key IN (SELECT name_key FROM users WHERE id=?{1} UNION ALL SELECT "
      "o.name_key "
      "FROM organisation_members m JOIN organisations o ON o.id=m.organisation_id WHERE "
      "m.user_id=?{1} AND m.role>={2}))",
      first, first + 1, static_cast<int>(role));
}

/// The viewer made `r` and contributes to the organisation in whose namespace it lies.
inline std::string creator_sql(int first) {
  return fmt::format(
      "(r.creator_id=?{0} AND r.owner_key IN (SELECT o.name_key FROM organisation_members m JOIN "
      "organisations o ON o.id=m.organisation_id WHERE m.user_id=?{0} AND m.role={1}))",
      first + 1, static_cast<int>(MemberRole::contributor));
}

/// The viewer may know of `r`.
inline std::string visible_sql(int first = 1) {
  return fmt::format("(r.private=0 OR ({} AND {}))", inside_sql(first),
                     member_sql(first, MemberRole::read));
}

/// The viewer may have the content of `r`: it is visible, and not gated or the viewer is let in.
inline std::string content_sql(int first = 1) {
  return fmt::format(
      "({} AND (r.gating=0 OR ({} AND ({} OR {} OR EXISTS(SELECT 1 FROM access_requests a WHERE "
      "a.repo_id=r.id AND a.user_id=?{} AND a.status={})))))",
      visible_sql(first), inside_sql(first), member_sql(first, MemberRole::write),
      creator_sql(first), first + 1, static_cast<int>(AccessStatus::accepted));
}

/// With the viewer as ?1 to ?3, and `more` from ?4 on. `sql` as Query takes it.
template <class... More>
Query viewer_query(Connection& db, std::string_view sql, const Viewer& viewer,
                   const More&... more) {
  return Query(db, sql, viewer.sees_all, viewer.user_id, viewer.token_id, more...);
}

}  // namespace mhub::serve
