#pragma once
// One HTTP request through libcurl, as plainly as a foreign client would make it.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <curl/curl.h>

#include <mhub/base/c_handle.hpp>
#include <mhub/base/error.hpp>

namespace mhub::test {

struct HttpAnswer {
  long status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

struct HttpQuestion {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;
  std::string body;
  bool has_body = false;
};

inline HttpAnswer ask(const HttpQuestion& question) {
  const CHandle<CURL, curl_easy_cleanup> curl(curl_easy_init());
  HttpAnswer answer;
  curl_slist* list = nullptr;
  for (const auto& header : question.headers) list = curl_slist_append(list, header.c_str());
  const CHandle<curl_slist, curl_slist_free_all> headers(list);
  curl_easy_setopt(curl.get(), CURLOPT_URL, question.url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 60L);
  curl_easy_setopt(curl.get(), CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_SSL_VERIFYHOST, 0L);
  if (question.method == "HEAD") {
    curl_easy_setopt(curl.get(), CURLOPT_NOBODY, 1L);
  } else {
    if (question.has_body || !question.body.empty()) {
      curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(question.body.size()));
      curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, question.body.data());
    }
    curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, question.method.c_str());
  }
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(
      curl.get(), CURLOPT_WRITEFUNCTION,
      +[](char* data, std::size_t size, std::size_t count, void* user) {
        static_cast<std::string*>(user)->append(data, size * count);
        return size * count;
      });
  curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &answer.headers);
  curl_easy_setopt(
      curl.get(), CURLOPT_HEADERFUNCTION,
      +[](char* data, std::size_t size, std::size_t count, void* user) {
        const std::string_view line(data, size * count);
        const auto colon = line.find(": ");
        if (colon != std::string_view::npos) {
          std::string name(line.substr(0, colon));
          for (char& c : name) c = c >= 'A' && c <= 'Z' ? char(c + 32) : c;
          std::string value(line.substr(colon + 2));
          while (!value.empty() && (value.back() == '\r' || value.back() == '\n')) value.pop_back();
          (*static_cast<std::map<std::string, std::string>*>(user))[name] = value;
        }
        return size * count;
      });
  const CURLcode code = curl_easy_perform(curl.get());
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  if (code != CURLE_OK && answer.status == 0)
    throw Error(ErrorKind::network, "{} {}: {}", question.method, question.url,
                curl_easy_strerror(code));
  return answer;
}

}  // namespace mhub::test
