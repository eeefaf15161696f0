#include "http/gate.hpp"

namespace mhub::serve {

namespace {

class GatedSink : public BodySink {
public:
  GatedSink(Gate& gate, std::string holder, std::function<std::unique_ptr<BodySink>(HeldPass)> make)
      : gate_(gate), holder_(std::move(holder)), make_(std::move(make)) {}

  std::size_t write(ByteView bytes, const Wake& wake) override {
    return enter(wake) ? sink_->write(bytes, wake) : 0;
  }
  std::optional<Response> finish(const Wake& wake) override {
    if (!enter(wake)) return std::nullopt;
    return sink_->finish(wake);
  }

private:
  bool enter(const Wake& wake) {
    if (sink_) return true;
    Gate::Pass pass = gate_.enter(holder_, wake);
    if (!pass) return false;
    sink_ = make_(std::make_shared<Gate::Pass>(std::move(pass)));
    return true;
  }

  Gate& gate_;
  std::string holder_;
  std::function<std::unique_ptr<BodySink>(HeldPass)> make_;
  std::unique_ptr<BodySink> sink_;
};

}  // namespace

std::unique_ptr<BodySink> gated(Gate& gate, std::string holder,
                                std::function<std::unique_ptr<BodySink>(HeldPass)> make) {
  return std::make_unique<GatedSink>(gate, std::move(holder), std::move(make));
}

}  // namespace mhub::serve
